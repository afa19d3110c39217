#ifndef U2FI_SERVICES_DEVICE_REGISTRY_CONFIRMATIONS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_CONFIRMATIONS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/device_tokens.h"
#include "services/device-registry/device_word.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// The way of a device to its owner, after the touch: what is sent to it again,
// and what it says. A device confirms by a result or a report that has the
// revision and the hash of the committed pin set. Thread-safe. Errors are
// those of registry.proto.
class Confirmations {
 public:
  // The references must outlive this object.
  Confirmations(RegistryStore& store, const DeviceTokens& tokens)
      : store_(store), tokens_(tokens) {}

  // Read-only: command, proof and token of a committed transaction, from what
  // was stored with the commit.
  absl::StatusOr<v1::OutcomeResponse> Outcome(
      const rpc::Caller& caller, const v1::OutcomeRequest& request);

  // Each result and report is recorded on its own; the first error is the
  // answer. Only the gateway that executes for a device is heard about it, and
  // nothing is recorded of a device that has none. A result counts as the
  // device's own word if its signature verifies. A pin set that the registry
  // does not know raises an alarm, and so does a refused update. A device that
  // is behind is answered with the pin set that follows its own.
  absl::StatusOr<v1::ConfirmResponse> Confirm(
      const rpc::Caller& caller, const v1::ConfirmRequest& request);

 private:
  absl::Status AddCommit(const std::string& tenant,
                         const std::string& transaction,
                         const std::string& device,
                         v1::OutcomeResponse& response);
  absl::Status AddRelease(const std::string& tenant, const DeviceWord& word,
                          v1::ConfirmResponse& response);
  absl::Status AddUpdate(const std::string& tenant, const DeviceWord& word,
                         v1::ConfirmResponse& response);

  RegistryStore& store_;
  const DeviceTokens& tokens_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_CONFIRMATIONS_H_
