#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_CLIENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_CLIENT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// The registry as the gate sees it: over gRPC, or in the same process.
// Thread-safe; calls block up to the implementation's deadline. Requests,
// answers and errors: protos/u2fi/device_registry/v1/registry.proto.
class RegistryClient {
 public:
  virtual ~RegistryClient() = default;

  virtual absl::StatusOr<v1::ResolveResponse> Resolve(
      const v1::ResolveRequest& request) = 0;

  virtual absl::StatusOr<v1::AdmitGatewayResponse> AdmitGateway(
      const v1::AdmitGatewayRequest& request) = 0;

  virtual absl::StatusOr<v1::ArmResponse> Arm(
      const v1::ArmRequest& request) = 0;

  virtual absl::StatusOr<v1::StageResponse> Stage(
      const v1::StageRequest& request) = 0;

  virtual absl::StatusOr<v1::ApplyResponse> Apply(
      const v1::ApplyRequest& request) = 0;

  virtual absl::StatusOr<v1::OutcomeResponse> Outcome(
      const v1::OutcomeRequest& request) = 0;

  virtual absl::StatusOr<v1::ConfirmResponse> Confirm(
      const v1::ConfirmRequest& request) = 0;

  virtual absl::StatusOr<v1::ReportPresenceResponse> ReportPresence(
      const v1::ReportPresenceRequest& request) = 0;

  virtual absl::StatusOr<v1::RenewDeviceTokenResponse> RenewDeviceToken(
      const v1::RenewDeviceTokenRequest& request) = 0;

  // Hears of changes in all tenants as long as the returned object lives.
  // Nothing instead of an event: events may have been missed, drop every
  // cache. `callback` runs on another thread, one call at a time, and only
  // hands over.
  class Watch {
   public:
    virtual ~Watch() = default;
  };
  virtual std::unique_ptr<Watch> WatchEvents(
      std::function<void(const absl::optional<v1::WatchEventsResponse>&)>
          callback) = 0;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_CLIENT_H_
