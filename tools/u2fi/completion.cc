#include "tools/u2fi/completion.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace u2fi::cli {
namespace {

std::vector<const CLI::App*> Subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// What may stand behind `app`: its subcommands and the flags of it and `root`.
std::string Words(const CLI::App& app, const CLI::App& root) {
  std::vector<std::string> words;
  for (const CLI::App* command : Subcommands(app)) {
    words.push_back(command->get_name());
  }
  const auto add_flags = [&words](const CLI::App& of) {
    for (const CLI::Option* option : of.get_options()) {
      for (const std::string& name : option->get_lnames()) {
        words.push_back(absl::StrCat("--", name));
      }
    }
  };
  add_flags(app);
  if (&app != &root) add_flags(root);
  return absl::StrJoin(words, " ");
}

// One branch of the `case` over what was typed: "audit export".
void AddBranches(const CLI::App& app, const CLI::App& root,
                 const std::string& typed, std::string& script) {
  absl::StrAppend(&script, "    '", typed, "') words='", Words(app, root),
                  "' ;;\n");
  for (const CLI::App* command : Subcommands(app)) {
    AddBranches(
        *command, root,
        absl::StrCat(typed, typed.empty() ? "" : " ", command->get_name()),
        script);
  }
}

// "a|b|c": every name that is a subcommand somewhere.
void AddNames(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::App* command : Subcommands(app)) {
    names.push_back(command->get_name());
    AddNames(*command, names);
  }
}

}  // namespace

std::string CompletionScript(const CLI::App& app, Shell shell) {
  std::vector<std::string> names;
  AddNames(app, names);
  std::string script = shell == Shell::kZsh
                           ? "autoload -U +X bashcompinit && bashcompinit\n"
                           : "";
  const std::string& name = app.get_name();
  absl::StrAppend(&script, "_", name, "() {\n",
                  "  local words typed='' word\n"
                  "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                  "    case \"$word\" in\n      ",
                  absl::StrJoin(names, "|"),
                  ") typed=\"${typed:+$typed }$word\" ;;\n"
                  "    esac\n  done\n"
                  "  case \"$typed\" in\n");
  AddBranches(app, app, "", script);
  absl::StrAppend(&script,
                  "  esac\n"
                  "  COMPREPLY=($(compgen -W \"$words\" -- "
                  "\"${COMP_WORDS[COMP_CWORD]}\"))\n}\n"
                  "complete -o default -F _",
                  name, " ", name, "\n");
  return script;
}

}  // namespace u2fi::cli
