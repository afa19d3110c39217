#ifndef U2FI_TOOLS_U2FI_GATEWAYS_H_
#define U2FI_TOOLS_U2FI_GATEWAYS_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// What an operator sees of the gateways, and how one is stopped.
class Gateways {
 public:
  // Both must outlive this object.
  Gateways(Mesh& mesh, Output& output) : mesh_(mesh), output_(output) {}

  // One line each, of one site or (empty) of all, with whether it is connected
  // for those who may ask.
  absl::Status List(const std::string& site);

  // Each is carried out at once; a stream that is open is cut. `reason` goes
  // to the audit. A gateway that was revoked does not come back.
  absl::Status Suspend(const std::string& gateway, const std::string& reason);
  absl::Status Resume(const std::string& gateway, const std::string& reason);
  absl::Status Revoke(const std::string& gateway, const std::string& reason);

 private:
  // Ids of the connected ones.
  absl::StatusOr<std::set<std::string>> Connected();

  Mesh& mesh_;
  Output& output_;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_GATEWAYS_H_
