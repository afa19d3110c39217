#ifndef U2FI_SERVICES_COMMON_CONFIG_PROGRAM_H_
#define U2FI_SERVICES_COMMON_CONFIG_PROGRAM_H_

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace u2fi::config {

// What --help says of a program.
struct About {
  // As in its certificate, for example "challenge".
  std::string name;
  // A sentence.
  std::string summary;
  // Command lines, one a line.
  std::string examples;
  // Somebody waits for its end: why it failed is a line for him on the standard
  // error, not one of a log.
  bool interactive = false;
};

// Exit codes besides that of success.
inline constexpr int kExitFailed = 1;  // run() failed
inline constexpr int kExitUsage = 2;   // the command line or configuration

// Runs a program whose configuration is the message `config`, which is filled
// from, weakest first: the file --config, the environment
// (U2FI__LISTEN__ADDRESS is listen.address), the flags (--set
// listen.address=..., and --x for each plain field x at the top). Then
// `validate` looks at it, then `run` is called, with the log set up from the
// field `log` if there is one; what it returns is the exit code's reason.
// --check_config and --print_config (secrets masked) stop before `run`.
// `environment` is taken apart from the process's own so that tests can give
// one.
int RunProgram(const About& about, google::protobuf::Message& config,
               const std::function<absl::Status()>& validate,
               const std::function<absl::Status()>& run, int argc,
               const char* const* argv,
               const std::map<std::string, std::string>& environment);

// The process's environment.
std::map<std::string, std::string> Environment();

// Ends the process with what the streams hold written, but without the
// destruction of statics: it races with a thread of gRPC 1.51 that never ends.
[[noreturn]] void EndProcess(int code);

// The main() of a program, all of it:
//   int main(int argc, char** argv) {
//     return config::Main<ChallengeConfig>({"challenge", ...}, Validate, Run,
//                                          argc, argv);
//   }
template <typename Config>
int Main(const About& about, absl::Status (*validate)(const Config&),
         absl::Status (*run)(const Config&), int argc, char** argv) {
  Config config;
  EndProcess(RunProgram(
      about, config, [&] { return validate(config); },
      [&] { return run(config); }, argc, argv, Environment()));
}

}  // namespace u2fi::config

#endif  // U2FI_SERVICES_COMMON_CONFIG_PROGRAM_H_
