#include "tools/u2fi/completion.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace u2fi::cli {
namespace {

std::vector<const CLI::App*> Subcommands(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

// The name of a command, and others that mean the same.
std::vector<std::string> NamesOf(const CLI::App& command) {
  std::vector<std::string> names = {command.get_name()};
  names.insert(names.end(), command.get_aliases().begin(),
               command.get_aliases().end());
  return names;
}

// What may stand behind `app`: its subcommands and the flags of it and `root`.
std::string Words(const CLI::App& app, const CLI::App& root) {
  std::vector<std::string> words;
  for (const CLI::App* command : Subcommands(app)) {
    const std::vector<std::string> names = NamesOf(*command);
    words.insert(words.end(), names.begin(), names.end());
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
    for (const std::string& name : NamesOf(*command)) {
      AddBranches(*command, root,
                  absl::StrCat(typed, typed.empty() ? "" : " ", name), script);
    }
  }
}

// "'audit'", "'audit export'": every way from the top to a subcommand.
void AddWays(const CLI::App& app, const std::string& before,
             std::vector<std::string>& ways) {
  for (const CLI::App* command : Subcommands(app)) {
    for (const std::string& name : NamesOf(*command)) {
      ways.push_back(absl::StrCat("'", before, name, "'"));
      AddWays(*command, absl::StrCat(before, name, " "), ways);
    }
  }
}

// Every flag behind which a value stands.
void AddFlagsWithValue(const CLI::App& app, std::set<std::string>& flags) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    for (const std::string& name : option->get_lnames()) {
      flags.insert(absl::StrCat("--", name));
    }
    for (const std::string& name : option->get_snames()) {
      flags.insert(absl::StrCat("-", name));
    }
  }
  for (const CLI::App* command : Subcommands(app)) {
    AddFlagsWithValue(*command, flags);
  }
}

// Finds the subcommands among the words before the one that is typed.
std::string FindTyped(const CLI::App& app) {
  std::vector<std::string> ways;
  AddWays(app, "", ways);
  std::set<std::string> flags;
  AddFlagsWithValue(app, flags);
  return absl::StrCat(
      "  local words typed='' word before=''\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    case \"$before\" in\n      ",
      absl::StrJoin(flags, "|"),
      ") before=''; continue ;;\n    esac\n    before=$word\n"
      "    case \"${typed:+$typed }$word\" in\n      ",
      absl::StrJoin(ways, "|"),
      ") typed=\"${typed:+$typed }$word\" ;;\n    esac\n  done\n");
}

}  // namespace

std::string CompletionScript(const CLI::App& app, Shell shell) {
  std::string script = shell == Shell::kZsh
                           ? "autoload -U +X bashcompinit && bashcompinit\n"
                           : "";
  const std::string& name = app.get_name();
  absl::StrAppend(&script, "_", name, "() {\n", FindTyped(app),
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
