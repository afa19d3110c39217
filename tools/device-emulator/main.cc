// Emulated devices behind a gateway-agent: see README.md.
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include <chrono>
#include <iostream>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/file/file.h"
#include "services/common/mqtt/paho_client.h"
#include "services/common/random/system_random.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/file_lock.h"
#include "tools/device-emulator/control_socket.h"
#include "tools/device-emulator/emulator.h"
#include "tools/device-emulator/execution_journal.h"
#include "tools/device-emulator/stream_console.h"

namespace {

using u2fi::SystemClock;
using u2fi::SystemRandom;
using u2fi::device::ControlSocket;
using u2fi::device::DeviceSpec;
using u2fi::device::Emulator;
using u2fi::device::FileDeviceStorage;

constexpr char kExamples[] = R"(Examples:
  device-emulator identity --state ~/devices --device camera-1=camera
      makes the device if it is new; prints id, model and factory key for the
      registry (base64, as ImportDevices takes it in JSON)
  device-emulator run --state ~/devices --links ~/links \
      --device camera-1=camera --device bulb-1=bulb:plain --control /tmp/ctl
      hosts a camera with the kit and a bulb without; connects each as soon as
      ~/links/<device>.json is there, which gateway-agent writes
  device-emulator send --control /tmp/ctl list
  device-emulator send --control /tmp/ctl reset camera-1
      presses the reset button of the camera: it forgets its owner
  device-emulator send --control /tmp/ctl event camera-1 motion.seen
  device-emulator send --control /tmp/ctl renew camera-1
  device-emulator executions --state ~/devices --device camera-1=camera
      prints how often the camera began to act, and each time
Models: camera, bulb, lock, terminal. `:plain` means without the kit: such a
device obeys whatever the broker delivers.)";

struct Flags {
  std::vector<std::string> devices;
  std::string state;
  std::string links;
  std::string control;
  int act_ms = 0;
  std::vector<std::string> words;
};

int Fail(const absl::Status& status) {
  std::cerr << "device-emulator: " << status.message() << "\n";
  return 1;
}

absl::StatusOr<std::vector<DeviceSpec>> Specs(const Flags& flags) {
  std::vector<DeviceSpec> specs;
  std::set<std::string> ids;
  for (const std::string& text : flags.devices) {
    ASSIGN_OR_RETURN(DeviceSpec spec, u2fi::device::ParseDeviceSpec(text));
    if (!ids.insert(spec.id).second) {
      return u2fi::FieldError("device",
                              absl::StrCat("names ", spec.id, " twice"));
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

absl::Status PrintIdentities(const Flags& flags) {
  ASSIGN_OR_RETURN(const std::vector<DeviceSpec> specs, Specs(flags));
  for (const DeviceSpec& spec : specs) {
    ASSIGN_OR_RETURN(const auto storage,
                     FileDeviceStorage::Open(flags.state + "/" + spec.id));
    const std::string& point = storage->factory_key().public_key().point();
    std::cout << nlohmann::json{{"device", spec.id},
                                {"model", spec.model},
                                {"kit", spec.has_kit},
                                {"factory_key", absl::Base64Escape(point)}}
              << "\n";
  }
  return absl::OkStatus();
}

absl::Status PrintExecutions(const Flags& flags) {
  ASSIGN_OR_RETURN(const std::vector<DeviceSpec> specs, Specs(flags));
  for (const DeviceSpec& spec : specs) {
    ASSIGN_OR_RETURN(
        const std::string text,
        u2fi::ReadFile(flags.state + "/" + spec.id + "/executions.log",
                       size_t{64} << 20));
    const auto commands = u2fi::device::ReadJournal(text);
    std::cout << spec.id << " " << commands.size() << "\n";
    for (const auto& command : commands) {
      std::cout << "  " << command.sequence << " " << command.command_id << " "
                << command.operation << " "
                << (command.outcome.empty() ? "(no end)" : command.outcome)
                << "\n";
    }
  }
  return absl::OkStatus();
}

absl::Status Send(const Flags& flags) {
  std::string line;
  for (const std::string& word : flags.words) {
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  ASSIGN_OR_RETURN(const std::string answer,
                   u2fi::device::SendControl(flags.control, line));
  std::cout << answer;
  if (answer.rfind("refused", 0) != 0) return absl::OkStatus();
  return absl::InvalidArgumentError("the emulator did not do it");
}

// Readable once the process is asked to end. Before any thread begins.
int StopDescriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

void Serve(Emulator& emulator, ControlSocket* control, int stop) {
  constexpr int kTickMs = 250;
  while (true) {
    pollfd wait[] = {{stop, POLLIN, 0},
                     {control == nullptr ? -1 : control->fd(), POLLIN, 0}};
    poll(wait, 2, kTickMs);
    if (wait[0].revents != 0) return;
    emulator.Tick();
    if (control == nullptr) continue;
    control->Serve(
        [&](absl::string_view line) { return emulator.Command(line); });
  }
}

using Locks = std::vector<std::unique_ptr<u2fi::store::FileLock>>;

// Until the process ends nobody else is these devices: each acts once because
// it remembers what it did.
absl::StatusOr<Locks> LockDevices(const std::vector<DeviceSpec>& specs,
                                  const Flags& flags) {
  constexpr mode_t kPrivate = 0700;
  Locks locks;
  for (const DeviceSpec& spec : specs) {
    const std::string folder = absl::StrCat(flags.state, "/", spec.id);
    RETURN_IF_ERROR(u2fi::MakeFolder(folder, kPrivate));
    ASSIGN_OR_RETURN(locks.emplace_back(),
                     u2fi::store::FileLock::Take(folder + "/lock"));
  }
  return locks;
}

absl::Status RunDevices(const Flags& flags) {
  const int stop = StopDescriptor();
  u2fi::device::StreamConsole console(std::cout);
  Emulator::Options options;
  ASSIGN_OR_RETURN(options.devices, Specs(flags));
  ASSIGN_OR_RETURN(const Locks locks, LockDevices(options.devices, flags));
  options.state = flags.state;
  options.links = flags.links;
  if (flags.act_ms > 0) {
    options.act = [&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(flags.act_ms));
    };
  }
  Emulator emulator(options, SystemClock(), console,
                    [](const u2fi::mqtt::BrokerOptions& broker) {
                      return u2fi::mqtt::MakePahoClient(broker, SystemClock(),
                                                        SystemRandom());
                    });
  if (flags.control.empty()) {
    Serve(emulator, nullptr, stop);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(ControlSocket control, ControlSocket::Listen(flags.control));
  Serve(emulator, &control, stop);
  return absl::OkStatus();
}

void AddDevices(CLI::App* app, Flags* flags) {
  app->add_option("--state", flags->state, "folder of the devices' states")
      ->required();
  app->add_option("--device", flags->devices, "ID=MODEL or ID=MODEL:plain")
      ->required();
}

CLI::App* AddRun(CLI::App& app, Flags* flags) {
  CLI::App* run = app.add_subcommand("run", "host the devices");
  AddDevices(run, flags);
  run->add_option("--links", flags->links, "folder of the link files")
      ->required();
  run->add_option("--control", flags->control, "Unix socket for `send`");
  run->add_option("--act-ms", flags->act_ms,
                  "how long a device takes to act, in milliseconds")
      ->check(CLI::Range(0, 60'000));
  return run;
}

}  // namespace

// CLI11 and the JSON library throw at misuse by the program itself: it ends.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  umask(077);
  CLI::App app("Emulated IoT devices that verify each touch themselves.");
  app.footer(kExamples);
  app.require_subcommand(1);
  Flags flags;
  CLI::App* run = AddRun(app, &flags);
  CLI::App* identity =
      app.add_subcommand("identity", "print the devices' factory keys");
  AddDevices(identity, &flags);
  CLI::App* executions =
      app.add_subcommand("executions", "print what the devices did");
  AddDevices(executions, &flags);
  CLI::App* send = app.add_subcommand("send", "press a button at a device");
  send->add_option("--control", flags.control, "socket of `run`")->required();
  send->add_option("words", flags.words, "list, or reset|renew|event DEVICE …")
      ->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }

  absl::Status status;
  if (run->parsed()) status = RunDevices(flags);
  if (identity->parsed()) status = PrintIdentities(flags);
  if (executions->parsed()) status = PrintExecutions(flags);
  if (send->parsed()) status = Send(flags);
  return status.ok() ? 0 : Fail(status);
}
