// A U2F security key in software: see README.md.
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/strip.h"
#include "services/common/file/file.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_macros.h"
#include "tools/soft-token/control_port.h"
#include "tools/soft-token/soft_token.h"
#include "tools/soft-token/soft_token_server.h"
#include "tools/soft-token/state_folder.h"

namespace {

using u2fi::SystemClock;
using u2fi::SystemRandom;
using u2fi::soft_token::SendControl;
using u2fi::soft_token::Signal;
using u2fi::soft_token::SoftToken;
using u2fi::soft_token::SoftTokenServer;
using u2fi::soft_token::StateFolder;
using u2fi::soft_token::TouchMode;

constexpr size_t kMaxPinFile = 256;
constexpr char kExamples[] = R"(Examples:
  soft-token --state ~/key --socket /tmp/key
      a new key in ~/key; press Enter when it asks for a touch
  soft-token --state ~/key --socket /tmp/key --control /tmp/key.ctl
  soft-token --control /tmp/key.ctl --send touch
      touches the key from another terminal or a script
  soft-token --control /tmp/key.ctl --send 'fault silent'
      commands: touch, refuse, auto on|off, hold on|off, fault NAME, unplug,
      plug, state; faults: none, silent, foreign, short-frames, long-frames,
      wrong-channel, bad-sequence
  soft-token --state ~/key --socket /tmp/key --fido2-only
      the same key as one that speaks CTAP2 alone
  printf 'tulip-7' >pin && soft-token --state ~/key --socket /tmp/key \
      --fido2-only --pin-file pin
      the same with a PIN, without which it verifies no user
  soft-token --state ~/key --socket /tmp/key --touch=auto
      touches itself: for tests, never for anything that matters)";

struct Flags {
  std::string state;
  std::string socket;
  std::string control;
  std::string send;
  TouchMode touch = TouchMode::kManual;
  bool hold = false;
  bool ctap2 = false;
  bool fido2_only = false;
  bool always_uv = false;
  std::string pin_file;
};

void Describe(CLI::App& app, Flags* flags) {
  const std::map<std::string, TouchMode> kModes = {
      {"manual", TouchMode::kManual},
      {"auto", TouchMode::kAuto},
      {"refuse", TouchMode::kRefuse}};
  app.footer(kExamples);
  app.add_option("--state", flags->state, "folder of the key; made if missing");
  app.add_option("--socket", flags->socket, "Unix socket for hosts");
  app.add_option("--control", flags->control, "Unix socket for commands");
  app.add_option("--touch", flags->touch, "who touches the key")
      ->transform(CLI::Transformer(kModes))
      ->check(CLI::IsMember({0, 1, 2}))
      ->option_text("manual|auto|refuse (manual)");
  app.add_flag("--hold", flags->hold,
               "keep requests open with KEEPALIVE until the touch");
  app.add_flag("--ctap2", flags->ctap2, "speak CTAP2 besides U2F");
  app.add_flag("--fido2-only", flags->fido2_only, "speak CTAP2 and no U2F");
  app.add_option("--pin-file", flags->pin_file,
                 "file with the PIN that a key without one gets; its line's "
                 "end is no part of it");
  app.add_flag("--always-uv", flags->always_uv,
               "over CTAP2, want the PIN for whatever it is touched for");
  app.add_option("--send", flags->send,
                 "send a command to the control socket of a running key");
}

void ShowSignal(Signal signal) {
  switch (signal) {
    case Signal::kTouchWanted:
      std::cout << "\n*** TOUCH WANTED: a program asks this key to sign. Press "
                   "Enter to touch it, or do nothing to refuse. ***\n";
      break;
    case Signal::kTouchTaken:
      std::cout << "Touched: the key has answered.\n";
      break;
    case Signal::kTouchNotNeeded:
      std::cout << "No touch is wanted any more.\n";
      break;
    case Signal::kWink:
      std::cout << "(The key blinks: a program asked it to show itself.)\n";
      break;
  }
  std::cout.flush();
}

int Fail(const absl::Status& status) {
  std::cerr << "soft-token: " << status.message() << "\n";
  return 1;
}

// Readable once the process is asked to end.
int StopDescriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

int Send(const Flags& flags) {
  const absl::StatusOr<std::string> answer =
      SendControl(flags.control, flags.send);
  if (!answer.ok()) return Fail(answer.status());
  std::cout << *answer << "\n";
  return 0;
}

// A key that has a PIN keeps it.
absl::Status SetFirstPin(const std::string& file, SoftToken& token) {
  if (file.empty() || token.has_pin()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string pin, u2fi::ReadFile(file, kMaxPinFile));
  return token.SetFirstPin(absl::StripSuffix(pin, "\n"));
}

int Serve(const Flags& flags) {
  absl::StatusOr<StateFolder> state =
      StateFolder::Open(flags.state, SystemClock(), SystemRandom());
  if (!state.ok()) return Fail(state.status());
  SoftToken::Options options;
  options.touch = flags.touch;
  options.hold = flags.hold;
  options.ctap2 = flags.ctap2 || flags.fido2_only;
  options.u2f = !flags.fido2_only;
  options.always_uv = flags.always_uv;
  options.on_signal = ShowSignal;
  SoftToken token(SystemClock(), SystemRandom(),
                  {state->identity(), state->counter(), state->pin()}, options);
  const absl::Status pin = SetFirstPin(flags.pin_file, token);
  if (!pin.ok()) return Fail(pin);
  absl::StatusOr<SoftTokenServer> server = SoftTokenServer::Start(
      token, SystemClock(),
      {flags.socket, flags.control, STDIN_FILENO, StopDescriptor()});
  if (!server.ok()) return Fail(server.status());
  std::cout << "The key is plugged in at " << flags.socket << std::endl;
  const absl::Status status = server->Run();
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

int main(int argc, char** argv) try {
  CLI::App app("A FIDO security key in software, behind a Unix socket.");
  Flags flags;
  Describe(app, &flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (!flags.send.empty()) return Send(flags);
  if (flags.state.empty() || flags.socket.empty()) {
    std::cerr << "soft-token: --state and --socket are needed; see --help\n";
    return 2;
  }
  return Serve(flags);
} catch (...) {
  return 1;  // No exception is expected: our code throws none.
}
