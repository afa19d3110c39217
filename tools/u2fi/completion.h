#ifndef U2FI_TOOLS_U2FI_COMPLETION_H_
#define U2FI_TOOLS_U2FI_COMPLETION_H_

#include <string>

#include "CLI/CLI.hpp"

namespace u2fi::cli {

enum class Shell { kBash, kZsh };

// A script that completes the subcommands and flags of `app` in that shell;
// for everything else the shell completes file names.
std::string CompletionScript(const CLI::App& app, Shell shell);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_COMPLETION_H_
