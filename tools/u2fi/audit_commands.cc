#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/audit_check.h"
#include "tools/u2fi/audit_export.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/new_file.h"

namespace u2fi::cli {
namespace {

struct Flags {
  std::string out = "-";
  std::string file;
  AuditCheck check;
};

absl::Status Export(const Context& context, const Flags& flags, Mesh& mesh) {
  if (flags.out == "-") return ExportAudit(mesh, context.around.out);
  std::error_code error;
  const auto kind = std::filesystem::status(flags.out, error).type();
  if (kind != std::filesystem::file_type::not_found &&
      kind != std::filesystem::file_type::regular) {
    std::ofstream device(flags.out);
    return ExportAudit(mesh, device);
  }
  // The former export stays unless this one is whole; so does a link to it.
  const std::string path =
      std::filesystem::weakly_canonical(flags.out, error).string();
  ASSIGN_OR_RETURN(const std::unique_ptr<NewFile> file,
                   NewFile::Replace(error ? flags.out : path));
  RETURN_IF_ERROR(ExportAudit(
      mesh, [&file](absl::string_view line) { return file->Append(line); }));
  return file->Keep();
}

absl::Status Verify(const Flags& flags, Output& output) {
  std::error_code error;
  const auto kind = std::filesystem::status(flags.file, error).type();
  if (kind == std::filesystem::file_type::not_found) {
    return Error(reason::kFileNotFound,
                 absl::StrCat("there is no '", flags.file, "'"));
  }
  // It is read twice.
  if (kind != std::filesystem::file_type::regular) {
    return Error(
        reason::kFileUnavailable,
        absl::StrCat(flags.file, " is no regular file; it is read twice"));
  }
  std::ifstream file(flags.file);
  if (!file) {
    return Error(reason::kFileUnavailable,
                 absl::StrCat(flags.file, " cannot be read"));
  }
  return CheckAudit(file, flags.check, output);
}

void AddExport(CLI::App* audit, Context& context,
               const std::shared_ptr<Flags>& flags) {
  AddMeshCommand(*audit, context, "export", "write the audit of all services",
                 [&context, flags](Mesh& mesh, Output&) {
                   return Export(context, *flags, mesh);
                 })
      ->add_option("--out", flags->out, "file (standard output, as with -)");
}

void AddVerify(CLI::App* audit, Context& context,
               const std::shared_ptr<Flags>& flags) {
  CLI::App* command = audit->add_subcommand(
      "verify", "check an export offline, every touch from its raw bytes");
  command->fallthrough();
  command->add_option("FILE", flags->file, "what `audit export` wrote")
      ->required();
  command->add_option("--anchor", flags->check.anchors,
                      "what you believe: 64 hex digits (fingerprint of a key, "
                      "hash of a pin set) or a file with a pin set's bytes");
  command->add_flag("--complete", flags->check.complete,
                    "nothing may be missing since the beginning");
  command->add_option("--rp-id", flags->check.rp_id,
                      "relying-party id of the deployment (not compared)");
  command->add_flag("--rows", flags->check.rows, "list every row");
  command->callback([&context, flags] {
    context.offline = [flags](Output& output) {
      return Verify(*flags, output);
    };
  });
}

}  // namespace

void AddAuditCommands(CLI::App& app, Context& context) {
  const auto flags = std::make_shared<Flags>();
  CLI::App* audit = app.add_subcommand("audit", "what was decided, and why");
  audit->fallthrough();
  audit->require_subcommand(1);
  AddExport(audit, context, flags);
  AddVerify(audit, context, flags);
}

}  // namespace u2fi::cli
