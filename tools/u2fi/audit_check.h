#ifndef U2FI_TOOLS_U2FI_AUDIT_CHECK_H_
#define U2FI_TOOLS_U2FI_AUDIT_CHECK_H_

#include <istream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/audit/verify_export.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// What `audit verify` was asked.
struct AuditCheck {
  // Each 64 hex digits or a file with the bytes of a pin set.
  std::vector<std::string> anchors;
  bool complete = false;
  // Relying-party id of the deployment; empty: not compared.
  std::string rp_id;
  // List every row with its anchor.
  bool rows = false;
};

// Verifies an export offline and says what holds, under which anchors.
// `file` must be seekable. AUDIT_CHAIN naming line, record and rule if it does
// not hold, and also if anchors are given and nothing holds under any of them;
// AUDIT_FORMAT for a bad anchor.
absl::Status CheckAudit(std::istream& file, const AuditCheck& check,
                        Output& output);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_AUDIT_CHECK_H_
