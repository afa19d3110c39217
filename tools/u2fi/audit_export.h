#ifndef U2FI_TOOLS_U2FI_AUDIT_EXPORT_H_
#define U2FI_TOOLS_U2FI_AUDIT_EXPORT_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/audit/export_record.h"
#include "tools/u2fi/mesh.h"

namespace u2fi::cli {

// A record as it came, as one of a file. AUDIT_FORMAT for an unknown kind.
absl::StatusOr<audit::ExportRecord> ToExportRecord(
    const audit_api::AuditRecord& record);

// Writes the audit of every service to `out`, in the form of
// services/common/audit/README.md. What comes is not believed: that is what
// `audit verify` is for. FILE_UNAVAILABLE if `out` fails.
absl::Status ExportAudit(Mesh& mesh, std::ostream& out);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_AUDIT_EXPORT_H_
