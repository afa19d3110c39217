#ifndef U2FI_SERVICES_DEVICE_REGISTRY_APPLIER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_APPLIER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/device_tokens.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// Carries out commands on accounts and bindings after verifying their proof,
// so that nobody has to believe the gate. The effect, the memory of it
// (`applied/<command id>`) and the audit rows are one commit: a command that
// comes again changes nothing and gets the same answer. The items of a batch
// come one after the other, each verified against what those before it left,
// and happen all or none. So far all but `u2fi.grant`, and `u2fi.pins`
// under LEASE and MOVE; a first pin set goes alone, since its
// transaction is that of one command. Thread-safe.
class Applier {
 public:
  // The references must outlive this object. `rp_id_hash` has 32 bytes, and so
  // has each of `portals`: the channel keys of browsers there.
  Applier(RegistryStore& store, const DeviceTokens& tokens,
          std::string rp_id_hash, std::vector<std::string> portals)
      : store_(store),
        tokens_(tokens),
        rp_id_hash_(std::move(rp_id_hash)),
        portals_(std::move(portals)) {}

  // Errors are those of registry.proto. COMMAND_MISMATCH if the command id was
  // applied with other bytes; INVALID_FIELD for a batch with a command twice.
  absl::StatusOr<v1::ApplyResponse> Apply(const rpc::Caller& caller,
                                          const v1::ApplyRequest& request);

 private:
  // In one commit.
  absl::StatusOr<v1::ApplyResponse> ApplyAll(const std::string& tenant,
                                             std::vector<ApplyCase>& cases);
  // What became of the command.
  absl::StatusOr<common::v1::ApplyResult> ApplyOnce(Change& change,
                                                    const ApplyCase& in);
  // The name of the resource that the command made or changed.
  absl::StatusOr<std::string> CarryOut(Change& change, const ApplyCase& in);
  absl::Status AddToken(const ApplyCase& in, v1::ApplyResponse& response);

  RegistryStore& store_;
  const DeviceTokens& tokens_;
  const std::string rp_id_hash_;
  const std::vector<std::string> portals_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_APPLIER_H_
