#ifndef U2FI_SERVICES_DEVICE_REGISTRY_EVENT_STREAM_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_EVENT_STREAM_H_

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/event_bus.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// What a caller may hear: its own tenant; a service names one, or `-` for all.
// TENANT_MISMATCH, INVALID_FIELD.
absl::StatusOr<EventBus::Filter> FilterOf(
    const rpc::Caller& caller, const v1::WatchEventsRequest& request);

// Streams events until the reader goes (rpc::EventStream). The result deletes
// itself; `bus` must outlive it.
grpc::ServerWriteReactor<v1::WatchEventsResponse>* StartEventStream(
    EventBus& bus, EventBus::Filter filter);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_EVENT_STREAM_H_
