#include "services/common/mqtt/broker_files.h"

#include <signal.h>

#include <algorithm>
#include <cctype>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {
namespace {

// For a device that is away or slow: a batch, and what comes meanwhile.
constexpr int kMaxQueued = 2000;

// A path or an address that cannot end its line in mosquitto.conf.
bool IsOneWord(absl::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return isgraph(c); });
}

absl::Status CheckSetup(const BrokerSetup& setup) {
  if (!IsOneWord(setup.folder) || setup.folder[0] != '/') {
    return FieldError("folder", "is not an absolute path without blanks");
  }
  if (!IsOneWord(setup.address)) return FieldError("address", "is no address");
  if (setup.port < 1 || setup.port > 65535) {
    return FieldError("port", "is not from 1 to 65535");
  }
  if (!IsOneWord(setup.run_as)) return FieldError("run_as", "is no account");
  const bool tls = !setup.certificate_file.empty();
  if (tls != !setup.key_file.empty()) {
    return FieldError("key_file", "goes with certificate_file");
  }
  if (tls &&
      (!IsOneWord(setup.certificate_file) || !IsOneWord(setup.key_file))) {
    return FieldError("certificate_file", "has blanks in its path");
  }
  if (!tls && setup.address != "127.0.0.1") {
    return FieldError("certificate_file", "is missing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BrokerFiles> BrokerFiles::Open(BrokerSetup setup,
                                              RandomSource& random) {
  RETURN_IF_ERROR(CheckSetup(setup));
  ASSIGN_OR_RETURN(
      GatewayTopics topics,
      GatewayTopics::Create(setup.tenant, setup.site, setup.gateway));
  RETURN_IF_ERROR(MakeFolder(setup.folder, 0700));
  ASSIGN_OR_RETURN(
      PasswordFile passwords,
      PasswordFile::Open(absl::StrCat(setup.folder, "/passwords"), random));
  return BrokerFiles(std::move(setup), std::move(topics), std::move(passwords));
}

std::string BrokerFiles::Path(absl::string_view name) const {
  return absl::StrCat(setup_.folder, "/", name);
}

absl::Status BrokerFiles::Write() const {
  RETURN_IF_ERROR(WriteFileDurably(config_path(), Config(), 0644));
  RETURN_IF_ERROR(WriteFileDurably(Path("acl"), AccessList(), 0600));
  return passwords_.Write();
}

std::string BrokerFiles::Config() const {
  std::string config = absl::StrCat(
      "# Written by U2Fi; changes are lost.\n"
      "user ",
      setup_.run_as, "\n", "pid_file ", Path("mosquitto.pid"), "\n",
      "listener ", setup_.port, " ", setup_.address, "\n",
      "allow_anonymous false\n"
      "password_file ",
      Path("passwords"), "\n", "acl_file ", Path("acl"), "\n",
      "use_username_as_clientid true\n"
      "set_tcp_nodelay true\n"
      "message_size_limit ",
      kMaxPayload, "\n", "max_queued_messages ", kMaxQueued, "\n",
      "max_inflight_messages ", kMaxQueued, "\n",
      "persistent_client_expiration 1d\n"
      "persistence true\n"
      "persistence_location ",
      setup_.folder, "/\n",
      "log_dest stderr\n"
      "log_type error\n"
      "log_type warning\n");
  if (setup_.certificate_file.empty()) return config;
  absl::StrAppend(&config, "certfile ", setup_.certificate_file, "\n",
                  "keyfile ", setup_.key_file, "\n", "tls_version tlsv1.2\n");
  return config;
}

std::string BrokerFiles::AccessList() const {
  const auto agent = [this](absl::string_view right, TopicKind kind) {
    return absl::StrCat("topic ", right, " ", topics_.FilterFor(kind), "\n");
  };
  const auto device = [this](absl::string_view right, TopicKind kind) {
    return absl::StrCat("pattern ", right, " ", topics_.Of("%u", kind), "\n");
  };
  return absl::StrCat(
      "# Written by U2Fi; changes are lost. What is not listed is refused.\n"
      "user ",
      topics_.AgentUser(), "\n", agent("write", TopicKind::kDown),
      agent("write", TopicKind::kPlainSet), agent("read", TopicKind::kUp),
      agent("read", TopicKind::kPlainState),
      agent("read", TopicKind::kPresence), "\n",
      device("read", TopicKind::kDown), device("read", TopicKind::kPlainSet),
      device("write", TopicKind::kUp), device("write", TopicKind::kPlainState),
      device("write", TopicKind::kPresence));
}

absl::StatusOr<std::string> BrokerFiles::SetPassword(absl::string_view user) {
  std::string password = passwords_.NewPassword();
  RETURN_IF_ERROR(passwords_.SetPassword(user, password));
  return password;
}

absl::Status BrokerFiles::Remove(absl::string_view user) {
  return passwords_.Remove(user);
}

absl::Status BrokerFiles::Reload() const {
  absl::StatusOr<std::string> file = ReadFile(Path("mosquitto.pid"), 32);
  int pid = 0;
  if (file.ok() && absl::SimpleAtoi(absl::StripSuffix(*file, "\n"), &pid) &&
      pid > 1 && kill(pid, SIGHUP) == 0) {
    return absl::OkStatus();
  }
  return Error(reason::kBrokerUnavailable, "mosquitto is not running");
}

}  // namespace u2fi::mqtt
