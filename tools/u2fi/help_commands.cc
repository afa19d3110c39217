#include "services/common/time/clock.h"
#include "tools/u2fi/commands.h"
#include "tools/u2fi/completion.h"
#include "tools/u2fi/doctor.h"

namespace u2fi::cli {
namespace {

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
  AddMeshCommand(app, context, "doctor",
                 "look at what a command needs, and say what to do",
                 [&context](Mesh& mesh, Output& output) {
                   return Doctor(mesh, SystemClock(), context.settings.account,
                                 output)
                       .Run();
                 });
  AddCompletion(app, context);
}

}  // namespace u2fi::cli
