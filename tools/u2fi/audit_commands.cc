#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "tools/u2fi/audit_check.h"
#include "tools/u2fi/audit_export.h"
#include "tools/u2fi/commands.h"

namespace u2fi::cli {
namespace {

struct Flags {
  std::string out = "-";
  std::string file;
  AuditCheck check;
};

absl::Status Export(const Context& context, const Flags& flags, Mesh& mesh) {
  if (flags.out == "-") return ExportAudit(mesh, context.around.out);
  std::ofstream file(flags.out, std::ios::trunc);
  if (!file) {
    return Error(reason::kFileUnavailable,
                 absl::StrCat(flags.out, " cannot be written"));
  }
  return ExportAudit(mesh, file);
}

absl::Status Verify(const Flags& flags, Output& output) {
  std::ifstream file(flags.file);
  if (!file) {
    return Error(reason::kFileNotFound,
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
      ->add_option("--out", flags->out, "file (-: standard output)");
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
                      "relying-party id of the deployment");
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
