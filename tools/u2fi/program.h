#ifndef U2FI_TOOLS_U2FI_PROGRAM_H_
#define U2FI_TOOLS_U2FI_PROGRAM_H_

#include <functional>
#include <istream>
#include <ostream>

#include "absl/status/statusor.h"
#include "services/common/random/random_source.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/settings.h"

namespace u2fi::cli {

// Exit codes: success; it was refused, did not succeed or does not verify; the
// command line is wrong.
inline constexpr int kExitRefused = 1;
inline constexpr int kExitUsage = 2;

// What the program has around it, so that tests can give something else.
struct Surroundings {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  RandomSource& random;
  // Called when a command needs the mesh, which outlives the run.
  std::function<absl::StatusOr<Mesh*>(const Settings&)> connect;
};

// The command line `u2fi`, all of it: reads the arguments, does what they say,
// and prints. Returns the exit code.
int RunCommandLine(int argc, const char* const* argv,
                   const Surroundings& around);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_PROGRAM_H_
