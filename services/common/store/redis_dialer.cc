#include "services/common/store/redis_dialer.h"

#include <signal.h>

#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"
#include "services/common/store/redis_codec.h"
#include "services/common/store/redis_info.h"
#include "services/common/store/redis_scripts.h"

namespace u2fi::store {
namespace {

absl::Status Misconfigured(absl::string_view problem) {
  return Error(reason::kStoreMisconfigured, problem);
}

absl::Status CheckOptions(const RedisOptions& options) {
  if (options.sentinels.empty() == options.address.empty()) {
    return Misconfigured("give either an address or Sentinels");
  }
  if (!options.sentinels.empty() && options.master_name.empty()) {
    return Misconfigured("Sentinels need the master's name");
  }
  if (options.connections < 1 || options.connections > 64) {
    return Misconfigured("connections is not 1 to 64");
  }
  if (options.replicas < 0 || options.replicas > 8) {
    return Misconfigured("replicas is not 0 to 8");
  }
  return absl::OkStatus();
}

crypto::TlsClientFiles FilesOf(const RedisOptions& options) {
  return {options.ca_file, options.cert_file, options.key_file};
}

// hiredis, and TLS below it, write to sockets without MSG_NOSIGNAL: a server
// that goes away would end the process. A handler of the program's own stays.
void IgnoreSigpipe() {
  struct sigaction now;
  if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) {
    signal(SIGPIPE, SIG_IGN);
  }
}

// A call of the handshake, whose error reply is an error.
absl::StatusOr<RedisReply> Ask(RedisConnection& connection,
                               const std::vector<std::string>& words) {
  ASSIGN_OR_RETURN(RedisReply reply, connection.Call(words));
  const absl::string_view error = ErrorText(*reply);
  if (error.empty()) return reply;
  return Unavailable(absl::StrCat(words[0], ": ", error));
}

absl::StatusOr<RedisInfo> AskInfo(RedisConnection& connection) {
  ASSIGN_OR_RETURN(const RedisReply reply, Ask(connection, {"INFO"}));
  const absl::StatusOr<absl::string_view> text = AsString(*reply);
  if (!text.ok()) return Unavailable("INFO has no text");
  return ParseInfo(*text);
}

// "" if it may not be read.
std::string AskAppendfsync(RedisConnection& connection) {
  const absl::StatusOr<RedisReply> reply =
      connection.Call({"CONFIG", "GET", "appendfsync"});
  if (!reply.ok()) return "";
  const std::vector<const redisReply*> elements = Elements(**reply);
  if (elements.size() != 2) return "";
  return std::string(AsString(*elements[1]).value_or(""));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RedisDialer>> RedisDialer::Make(
    RedisOptions options) {
  RETURN_IF_ERROR(CheckOptions(options));
  IgnoreSigpipe();
  std::vector<RedisAddress> sentinels;
  for (const std::string& text : options.sentinels) {
    ASSIGN_OR_RETURN(RedisAddress address, RedisAddress::Parse(text));
    sentinels.push_back(std::move(address));
  }
  RedisAddress server;
  if (sentinels.empty()) {
    ASSIGN_OR_RETURN(server, RedisAddress::Parse(options.address));
  }
  std::unique_ptr<crypto::TlsClient> tls;
  if (options.tls) {
    ASSIGN_OR_RETURN(tls, crypto::TlsClient::Make(FilesOf(options)));
  }
  return std::unique_ptr<RedisDialer>(
      new RedisDialer(std::move(options), std::move(sentinels),
                      std::move(server), std::move(tls)));
}

RedisDialer::RedisDialer(RedisOptions options,
                         std::vector<RedisAddress> sentinels,
                         RedisAddress server,
                         std::unique_ptr<crypto::TlsClient> tls)
    : options_(std::move(options)),
      sentinels_(std::move(sentinels)),
      server_(std::move(server)),
      tls_(std::move(tls)) {}

absl::StatusOr<RedisDialer::ConnectionPtr> RedisDialer::DialMaster() const {
  return AtMaster([this](const RedisAddress& address) -> MaybeConnection {
    ASSIGN_OR_RETURN(ConnectionPtr connection,
                     Connect(address, options_.user, options_.password));
    ASSIGN_OR_RETURN(const RedisInfo info, AskInfo(*connection));
    RETURN_IF_ERROR(CheckServer(info));
    for (RedisScript script : kAllRedisScripts) {
      RETURN_IF_ERROR(
          Ask(*connection, {"SCRIPT", "LOAD", TextOf(script)}).status());
    }
    return connection;
  });
}

absl::StatusOr<RedisDialer::ConnectionPtr> RedisDialer::DialBare() const {
  return AtMaster([this](const RedisAddress& address) {
    return Connect(address, options_.user, options_.password);
  });
}

absl::StatusOr<std::vector<std::string>> RedisDialer::Inspect() const {
  ASSIGN_OR_RETURN(std::unique_ptr<RedisConnection> connection, DialMaster());
  ASSIGN_OR_RETURN(const RedisInfo info, AskInfo(*connection));
  const std::string appendfsync = AskAppendfsync(*connection);
  RETURN_IF_ERROR(
      CheckPersistence(info, appendfsync, options_.least_persistence));
  return WarningsAbout(info, appendfsync, options_.replicas);
}

RedisDialer::MaybeConnection RedisDialer::AtMaster(const Reach& reach) const {
  if (sentinels_.empty()) return reach(server_);
  absl::Status last;
  std::set<std::string> tried;
  for (const RedisAddress& sentinel : sentinels_) {
    const absl::StatusOr<RedisAddress> master = AskSentinel(sentinel);
    if (!master.ok()) {
      last = WithContext(sentinel.ToString(), master.status());
      continue;
    }
    if (!tried.insert(master->ToString()).second) continue;
    MaybeConnection connection = reach(*master);
    if (!IsReason(connection.status(), reason::kStoreUnavailable)) {
      return connection;
    }
    last = connection.status();
  }
  return last;
}

absl::StatusOr<RedisAddress> RedisDialer::AskSentinel(
    const RedisAddress& sentinel) const {
  ASSIGN_OR_RETURN(
      const std::unique_ptr<RedisConnection> connection,
      Connect(sentinel, options_.sentinel_user, options_.sentinel_password));
  ASSIGN_OR_RETURN(const RedisReply reply,
                   Ask(*connection, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME",
                                     options_.master_name}));
  const std::vector<const redisReply*> elements = Elements(*reply);
  if (elements.size() != 2) return Unavailable("it does not know the master");
  RedisAddress master;
  master.host = std::string(AsString(*elements[0]).value_or(""));
  if (master.host.empty() ||
      !absl::SimpleAtoi(AsString(*elements[1]).value_or(""), &master.port)) {
    return Unavailable("it does not tell the master's address");
  }
  return master;
}

std::shared_ptr<const crypto::TlsClient> RedisDialer::Tls() const {
  auto now = crypto::TlsClient::Make(FilesOf(options_));
  if (!now.ok()) {
    logging::Warning("the TLS files for Redis cannot be used",
                     {{"cause", std::string(now.status().message())}});
  }
  MutexLock lock(mutex_);
  if (now.ok()) tls_ = *std::move(now);
  return tls_;
}

RedisDialer::MaybeConnection RedisDialer::Connect(
    const RedisAddress& address, const std::string& user,
    const std::string& password) const {
  const std::shared_ptr<const crypto::TlsClient> tls =
      options_.tls ? Tls() : nullptr;
  MaybeConnection connection = RedisConnection::Dial(
      address, tls.get(), options_.tls_server_name, options_.connect_timeout);
  if (!connection.ok()) {
    return WithContext(address.ToString(), connection.status());
  }
  if (!password.empty()) {
    std::vector<std::string> words = {"AUTH", user, password};
    if (user.empty()) words.erase(words.begin() + 1);
    RETURN_IF_ERROR(Ask(**connection, words).status());
  }
  return connection;
}

}  // namespace u2fi::store
