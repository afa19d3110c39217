#include "services/common/time/clock.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/completion.h"
#include "tools/u2fi/doctor.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

// The first check is whether there is a certificate to call with.
absl::Status Examine(const Context& context, Output& output) {
  const absl::StatusOr<Mesh*> mesh = context.around.connect(context.settings);
  if (!mesh.ok()) {
    if (!IsUsageError(mesh.status())) {
      output.Check("certificate", mesh.status());
    }
    return mesh.status();
  }
  return Doctor(**mesh, SystemClock(), context.settings.account, output).Run();
}

void AddCompletion(CLI::App& app, Context& context) {
  CLI::App* completion = app.add_subcommand(
      "completion", "print what makes a shell complete u2fi's words");
  completion->require_subcommand(1);
  for (const auto& [name, shell] :
       {std::pair{"bash", Shell::kBash}, std::pair{"zsh", Shell::kZsh}}) {
    completion->add_subcommand(name, "source <(u2fi completion …)")
        ->callback([&app, &context, shell = shell] {
          context.offline = [&app, &context, shell](Output&) {
            context.around.out << CompletionScript(app, shell);
            return absl::OkStatus();
          };
        });
  }
}

}  // namespace

void AddHelpCommands(CLI::App& app, Context& context) {
  CLI::App* doctor = app.add_subcommand(
      "doctor", "look at what a command needs, and say what to do");
  doctor->fallthrough();
  doctor->callback([&context] {
    context.offline = [&context](Output& output) {
      return Examine(context, output);
    };
  });
  AddCompletion(app, context);
}

}  // namespace u2fi::cli
