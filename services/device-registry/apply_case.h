#ifndef U2FI_SERVICES_DEVICE_REGISTRY_APPLY_CASE_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_APPLY_CASE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "services/common/audit/row.h"
#include "services/common/rpc/caller.h"
#include "u2fi/device_registry/v1/mesh.pb.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::device_registry {

// One command that is to be applied, with its proof: read, not yet verified.
// The references must outlive it.
struct ApplyCase {
  const rpc::Caller& caller;
  const v1::ApplyRequest& request;
  std::string tenant;
  // Exact bytes.
  const std::string& bytes;
  proof::v1::Command command;
  proof::v1::Proof proof;
  // Milliseconds since 1970.
  uint64_t now_ms = 0;
  // Channel keys of the deployment's portals, where acts on accounts may be
  // approved.
  std::vector<std::string> portals = {};
};

// A row of `kind` with the command, the digests of its touches (rows of the
// gate hold them) and its evidence.
audit::RowContent RowAboutCase(audit::v1::RowKind kind, const ApplyCase& in);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_APPLY_CASE_H_
