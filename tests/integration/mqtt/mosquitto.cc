#include "tests/integration/mqtt/mosquitto.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_macros.h"
#include "tests/ports/free_port.h"

namespace u2fi::mqtt {
namespace {

constexpr char kProbe[] = "probe";
constexpr char kProgram[] = "/usr/sbin/mosquitto";

}  // namespace

pid_t Spawn(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int fd : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_WRONLY, 0);
  }
  pid_t pid = -1;
  const int failed = posix_spawnp(&pid, arguments[0], &actions, nullptr,
                                  arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return failed == 0 ? pid : -1;
}

int RunProgram(const std::vector<std::string>& command) {
  const pid_t pid = Spawn(command);
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

absl::Status Mosquitto::MakeCertificates() const {
  const auto openssl = [](std::vector<std::string> arguments) {
    std::vector<std::string> command = {"openssl",
                                        "req",
                                        "-x509",
                                        "-newkey",
                                        "ec",
                                        "-pkeyopt",
                                        "ec_paramgen_curve:P-256",
                                        "-nodes",
                                        "-days",
                                        "2"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return RunProgram(command) == 0;
  };
  const std::string ca_key = folder_ + "/ca.key";
  const bool made =
      openssl({"-subj", "/CN=test authority", "-keyout", ca_key, "-out",
               ca_file()}) &&
      openssl({"-subj", "/CN=another authority", "-keyout",
               folder_ + "/other.key", "-out", other_ca_file()}) &&
      openssl({"-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1",
               "-addext", "basicConstraints=critical,CA:FALSE", "-CA",
               ca_file(), "-CAkey", ca_key, "-keyout", folder_ + "/broker.key",
               "-out", folder_ + "/broker.pem"});
  return made ? absl::OkStatus()
              : absl::InternalError("openssl made no certificates");
}

absl::StatusOr<std::unique_ptr<Mosquitto>> Mosquitto::Start(
    const BrokerPlace& place) {
  std::unique_ptr<Mosquitto> broker(new Mosquitto);
  char folder[] = "/tmp/u2fi-mqtt-XXXXXX";
  if (mkdtemp(folder) == nullptr) return absl::InternalError("no folder");
  broker->folder_ = folder;
  broker->port_ = FreePort();
  RETURN_IF_ERROR(broker->MakeCertificates());
  BrokerSetup setup;
  setup.tenant = place.tenant;
  setup.site = place.site;
  setup.gateway = place.gateway;
  setup.folder = folder;
  setup.port = broker->port_;
  setup.certificate_file = broker->folder_ + "/broker.pem";
  setup.key_file = broker->folder_ + "/broker.key";
  setup.run_as = "root";
  ASSIGN_OR_RETURN(BrokerFiles files, BrokerFiles::Open(setup, SystemRandom()));
  broker->files_ = std::make_unique<BrokerFiles>(std::move(files));
  RETURN_IF_ERROR(broker->files_->Write());
  ASSIGN_OR_RETURN(broker->probe_password_,
                   broker->files_->SetPassword(kProbe));
  RETURN_IF_ERROR(broker->Launch());
  return broker;
}

bool Mosquitto::Answers() const {
  return RunProgram({"mosquitto_pub", "-V", "5", "-h", "127.0.0.1", "-p",
                     absl::StrCat(port_), "--cafile", ca_file(), "-u", kProbe,
                     "-P", probe_password_, "-t", "probe", "-m", "x"}) == 0;
}

absl::Status Mosquitto::Launch() {
  pid_ = Spawn({kProgram, "-c", files_->config_path()});
  if (pid_ < 0) return absl::InternalError("mosquitto does not start");
  for (int i = 0; i < 200; ++i) {
    // An answer, not a mere connection: before its main loop runs, mosquitto
    // dies of the SIGHUP of BrokerFiles::Reload().
    if (Answers()) return absl::OkStatus();
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = 0;
      return absl::InternalError("mosquitto ended at once");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return absl::InternalError("mosquitto does not listen");
}

void Mosquitto::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

Mosquitto::~Mosquitto() {
  Stop();
  if (!folder_.empty()) RunProgram({"rm", "-rf", folder_});
}

absl::StatusOr<BrokerOptions> Mosquitto::OptionsFor(const std::string& user) {
  BrokerOptions options;
  options.host = "127.0.0.1";
  options.port = port_;
  options.ca_file = ca_file();
  options.user = user;
  ASSIGN_OR_RETURN(options.password, files_->SetPassword(user));
  options.reconnect_base = absl::Milliseconds(50);
  options.reconnect_cap = absl::Milliseconds(200);
  options.connect_timeout = absl::Seconds(5);
  if (pid_ > 0) RETURN_IF_ERROR(files_->Reload());
  return options;
}

}  // namespace u2fi::mqtt
