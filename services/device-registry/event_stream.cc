#include "services/device-registry/event_stream.h"

#include <utility>

#include "services/common/rpc/event_stream.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

constexpr char kAllTenants[] = "-";

using Stream = rpc::EventStream<v1::WatchEventsResponse, EventBus::Watch>;

}  // namespace

absl::StatusOr<EventBus::Filter> FilterOf(
    const rpc::Caller& caller, const v1::WatchEventsRequest& request) {
  EventBus::Filter filter;
  if (caller.role() != rpc::Role::kService || request.tenant() != kAllTenants) {
    ASSIGN_OR_RETURN(filter.tenant, rpc::TenantOf(caller, request.tenant()));
  }
  for (const int kind : request.kinds()) {
    if (!v1::EventKind_IsValid(kind) || kind == v1::EVENT_KIND_UNSPECIFIED) {
      return FieldError("kinds", "has an unknown value");
    }
    filter.kinds.insert(static_cast<v1::EventKind>(kind));
  }
  return filter;
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* StartEventStream(
    EventBus& bus, EventBus::Filter filter) {
  return new Stream([&](Stream::Callback callback) {
    return bus.Subscribe(std::move(filter), std::move(callback));
  });
}

}  // namespace u2fi::device_registry
