#ifndef U2FI_TOOLS_U2FI_AUDIT_EXPORT_H_
#define U2FI_TOOLS_U2FI_AUDIT_EXPORT_H_

#include <functional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/audit/export_record.h"
#include "tools/u2fi/mesh.h"

namespace u2fi::cli {

// A record as it came, as one of a file. AUDIT_FORMAT for an unknown kind.
absl::StatusOr<audit::ExportRecord> ToExportRecord(
    const audit_api::AuditRecord& record);

// Hands the audit of every service to `append` line by line, in the form of
// services/common/audit/README.md. What comes is not believed: that is what
// `audit verify` is for. An error of `append` ends it.
absl::Status ExportAudit(
    Mesh& mesh, const std::function<absl::Status(absl::string_view)>& append);

// Writes it to `out`. FILE_UNAVAILABLE if that fails.
absl::Status ExportAudit(Mesh& mesh, std::ostream& out);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_AUDIT_EXPORT_H_
