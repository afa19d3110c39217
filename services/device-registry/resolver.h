#ifndef U2FI_SERVICES_DEVICE_REGISTRY_RESOLVER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_RESOLVER_H_

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// What holds for an operation, asked with every command: from memory where
// nothing changed. Thread-safe. For each item the first step that fails is the
// answer, with the item's "index":
//   request    fields, and a purpose that goes with operation and target
//   known      account and device exist
//   member     the account has a role for the device
//   state      the device is blank and claimed under PROVISION, else bound
//   operation  the model has it, and no rule forbids it
//   gateway    those that execute and take the touch exist and are ACTIVE
//   place      a touch for this purpose counts at approver_gateway, if named
class Resolver {
 public:
  // `store` must outlive this object.
  explicit Resolver(RegistryStore& store) : store_(store) {}

  absl::StatusOr<v1::ResolveResponse> Resolve(
      const rpc::Caller& caller, const v1::ResolveRequest& request);

 private:
  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_RESOLVER_H_
