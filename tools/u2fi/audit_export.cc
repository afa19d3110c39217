#include "tools/u2fi/audit_export.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {

using audit_api::AuditRecord;

absl::StatusOr<audit::ExportRecord> ToExportRecord(const AuditRecord& record) {
  switch (record.record_case()) {
    case AuditRecord::kHeader:
      return audit::ExportRecord(audit::ExportStart());
    case AuditRecord::kKey:
      return audit::ExportRecord(
          audit::AuditKey{record.key().kid(), record.key().point()});
    case AuditRecord::kRow:
      return audit::ExportRecord(record.row());
    case AuditRecord::kCheckpoint:
      return audit::ExportRecord(record.checkpoint());
    case AuditRecord::RECORD_NOT_SET:
      break;
  }
  return Error(reason::kAuditFormat, "a record of an unknown kind came");
}

absl::Status ExportAudit(
    Mesh& mesh, const std::function<absl::Status(absl::string_view)>& append) {
  return mesh.ExportAudit(
      audit_api::ExportAuditRequest(),
      [&append](const AuditRecord& record) -> absl::Status {
        ASSIGN_OR_RETURN(const audit::ExportRecord line,
                         ToExportRecord(record));
        return append(absl::StrCat(audit::ToLine(line), "\n"));
      });
}

absl::Status ExportAudit(Mesh& mesh, std::ostream& out) {
  const auto written = [&out] {
    return out.good() ? absl::OkStatus()
                      : Error(reason::kFileUnavailable,
                              "the export cannot be written");
  };
  RETURN_IF_ERROR(ExportAudit(mesh, [&](absl::string_view line) {
    out << line;
    return written();
  }));
  out.flush();
  return written();
}

}  // namespace u2fi::cli
