#include "tools/u2fi/redis_admin.h"

#include <netdb.h>
#include <sys/socket.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/redis_address.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

constexpr char kPlain[] = "redis://";
constexpr char kTls[] = "rediss://";
// Longest password file, in bytes.
constexpr size_t kMaxPassword = 4096;
constexpr absl::Duration kTimeout = absl::Seconds(5);
constexpr char kLoopback[] = "127.0.0.1";

absl::Status SetTls(const RedisAccess& access, store::RedisOptions& options) {
  if (access.ca_file.empty()) {
    return UsageError("--ca", "is missing: rediss needs the server's CA");
  }
  if (access.cert_file.empty() != access.key_file.empty()) {
    return UsageError("--cert", "and --key belong together");
  }
  options.tls = true;
  options.ca_file = access.ca_file;
  options.cert_file = access.cert_file;
  options.key_file = access.key_file;
  options.tls_server_name = access.server_name;
  return absl::OkStatus();
}

// "db0", "db15".
bool NamesDatabase(absl::string_view field) {
  int number = 0;
  return absl::ConsumePrefix(&field, "db") && absl::SimpleAtoi(field, &number);
}

}  // namespace

bool IsRedisUrl(absl::string_view text) {
  return absl::StartsWith(text, kPlain) || absl::StartsWith(text, kTls);
}

absl::StatusOr<store::RedisOptions> ToOptions(const RedisAccess& access) {
  store::RedisOptions options;
  absl::string_view address = access.url;
  const bool tls = absl::ConsumePrefix(&address, kTls);
  if (!tls) absl::ConsumePrefix(&address, kPlain);
  absl::ConsumeSuffix(&address, "/");
  if (absl::StrContains(address, '@')) {
    return UsageError("STORE",
                      "has a name or a password in it; give --user and "
                      "--password-file");
  }
  RETURN_IF_ERROR(store::RedisAddress::Parse(address).status());
  options.address = std::string(address);
  options.user = access.user;
  options.connect_timeout = kTimeout;
  if (tls) RETURN_IF_ERROR(SetTls(access, options));
  if (access.password_file.empty()) {
    // Without a password nobody signs in: it would be the default user.
    if (access.user.empty()) return options;
    return UsageError("--user", "needs --password-file");
  }
  ASSIGN_OR_RETURN(const std::string text,
                   ReadFile(access.password_file, kMaxPassword));
  options.password = std::string(absl::StripTrailingAsciiWhitespace(text));
  return options;
}

absl::StatusOr<RedisAdmin> RedisAdmin::Make(
    const store::RedisOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<store::RedisDialer> dialer,
                   store::RedisDialer::Make(options));
  return RedisAdmin(std::move(dialer));
}

absl::Status RedisAdmin::Connect() {
  if (connection_ != nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(connection_, dialer_->DialBare());
  return absl::OkStatus();
}

absl::StatusOr<store::RedisReply> RedisAdmin::Call(
    const std::vector<std::string>& words) {
  RETURN_IF_ERROR(Connect());
  absl::StatusOr<store::RedisReply> reply = connection_->Call(words);
  if (!reply.ok()) {
    connection_ = nullptr;
    return reply.status();
  }
  const absl::string_view refused = store::ErrorText(**reply);
  if (refused.empty()) return reply;
  return Error(reason::kStoreUnavailable,
               absl::StrCat("the server answers ", words[0], " with ",
                            refused.substr(0, 200)));
}

absl::Status RedisAdmin::Do(const std::vector<std::string>& words) {
  return Call(words).status();
}

absl::StatusOr<store::RedisInfo> RedisAdmin::Info() {
  ASSIGN_OR_RETURN(const store::RedisReply reply, Call({"INFO"}));
  ASSIGN_OR_RETURN(const absl::string_view text, store::AsString(*reply));
  return store::ParseInfo(text);
}

absl::StatusOr<std::string> RedisAdmin::OwnHost() {
  RETURN_IF_ERROR(Connect());
  sockaddr_storage own = {};
  socklen_t size = sizeof(own);
  char host[NI_MAXHOST] = "";
  auto* const address = reinterpret_cast<sockaddr*>(&own);
  if (getsockname(connection_->fd(), address, &size) != 0) return kLoopback;
  if (own.ss_family == AF_UNIX) return kLoopback;
  if (getnameinfo(address, size, host, sizeof(host), nullptr, 0,
                  NI_NUMERICHOST) != 0) {
    return kLoopback;
  }
  return std::string(host);
}

std::string InfoField(const store::RedisInfo& info, const std::string& name) {
  const auto found = info.find(name);
  return found == info.end() ? "" : found->second;
}

uint64_t KeysOf(const store::RedisInfo& info) {
  uint64_t all = 0;
  for (const auto& [name, value] : info) {
    uint64_t keys = 0;
    absl::string_view rest = value;
    if (!NamesDatabase(name) || !absl::ConsumePrefix(&rest, "keys=")) continue;
    if (absl::SimpleAtoi(rest.substr(0, rest.find(',')), &keys)) all += keys;
  }
  return all;
}

}  // namespace u2fi::cli
