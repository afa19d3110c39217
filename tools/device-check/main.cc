// Proofs that are good or broken in one place, for a device under test: see
// README.md.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/paho_client.h"
#include "services/common/random/system_random.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-check/checker.h"
#include "tools/device-check/device_talk.h"

namespace u2fi::device_check {
namespace {

constexpr size_t kMaxPassword = 1024;

constexpr char kExamples[] =
    R"(The device under test is `lock-1` behind the gateway `gw-1` of the site `home`
of the tenant `acme`, blank, and connected to the broker. Examples:
  device-check --host localhost --ca-file ca.pem --password-file agent.password
      asks for a press of the reset button where one is needed
  device-check --host localhost --ca-file ca.pem --password-file agent.password \
      --reset-hook ./press-reset        runs a program instead
  device-check … --filter Quorum        only cases with that in their name
One line a case: ok or WRONG, its name, what is right, what the device said.
Exit codes: 0 all are right, 1 some are wrong or could not be played, 2 wrong
command line.)";

struct Flags {
  mqtt::BrokerOptions broker;
  std::string password_file;
  std::string reset_hook;
  int answer_s = 10;
  Checker::Options checker;
};

absl::Status RunHook(const std::string& program) {
  std::string name = program;
  char* const argv[] = {name.data(), nullptr};
  pid_t pid = 0;
  int status = 0;
  if (posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ) !=
          0 ||
      waitpid(pid, &status, 0) != pid || status != 0) {
    return FieldError("--reset-hook", "did not end well");
  }
  return absl::OkStatus();
}

absl::Status AskForReset() {
  std::cerr << "Reset the device by hand, then press Enter: " << std::flush;
  std::string line;
  std::getline(std::cin, line);
  return std::cin.good() ? absl::OkStatus()
                         : FieldError("reset", "nobody answered");
}

void Print(const Checker::Counts& counts) {
  std::cout << counts.right << " right, " << counts.wrong << " wrong, "
            << counts.skipped.size() << " not for a device over its link:";
  for (const std::string& name : counts.skipped) std::cout << " " << name;
  std::cout << std::endl;
}

absl::StatusOr<Checker::Counts> Check(Flags& flags) {
  ASSIGN_OR_RETURN(const std::string password,
                   ReadFile(flags.password_file, kMaxPassword));
  flags.broker.password = std::string(absl::StripAsciiWhitespace(password));
  ASSIGN_OR_RETURN(
      auto client,
      mqtt::MakePahoClient(flags.broker, SystemClock(), SystemRandom()));
  DeviceTalk talk(std::move(client), SystemClock(),
                  absl::Seconds(flags.answer_s));
  RETURN_IF_ERROR(talk.Start().status());
  flags.checker.reset = [&flags] {
    return flags.reset_hook.empty() ? AskForReset() : RunHook(flags.reset_hook);
  };
  return Checker(talk, SystemClock(), std::cout, flags.checker).Run();
}

void AddFlags(CLI::App& app, Flags& flags) {
  app.add_option("--host", flags.broker.host, "of the broker")->required();
  app.add_option("--port", flags.broker.port, "of the broker (8883)");
  app.add_option("--ca-file", flags.broker.ca_file,
                 "PEM: who signed the broker's certificate")
      ->required();
  app.add_option("--user", flags.broker.user, "the agent's (agent.gw-1)");
  app.add_option("--password-file", flags.password_file, "its password")
      ->required();
  app.add_option("--reset-hook", flags.reset_hook,
                 "program that presses the reset button");
  app.add_option("--operation", flags.checker.operation,
                 "one without arguments that the device has (device.identify)");
  app.add_option("--filter", flags.checker.filter,
                 "only cases with this in their name");
  app.add_option("--answer-within", flags.answer_s, "seconds (10)")
      ->check(CLI::Range(1, 600));
}

}  // namespace
}  // namespace u2fi::device_check

// CLI11 and the JSON library throw at misuse by the program itself: it ends.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  namespace check = u2fi::device_check;
  CLI::App app("Plays good and broken proofs to a device, and says what came.");
  app.footer(check::kExamples);
  check::Flags flags;
  flags.broker.user = "agent.gw-1";
  check::AddFlags(app, flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  const auto counts = check::Check(flags);
  if (!counts.ok()) {
    std::cerr << "device-check: " << u2fi::ReasonOf(counts.status()) << ": "
              << counts.status().message() << "\n";
    return 1;
  }
  check::Print(*counts);
  return counts->wrong == 0 && counts->right > 0 ? 0 : 1;
}
