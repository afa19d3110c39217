#ifndef U2FI_TOOLS_U2FI_REDIS_ADMIN_H_
#define U2FI_TOOLS_U2FI_REDIS_ADMIN_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/store/redis_connection.h"
#include "services/common/store/redis_dialer.h"
#include "services/common/store/redis_info.h"
#include "services/common/store/redis_options.h"

namespace u2fi::cli {

// Whether somebody wrote redis://… or rediss://… where a store is named.
bool IsRedisUrl(absl::string_view text);

// Where a server is, and as whom to go there.
struct RedisAccess {
  // redis://HOST:PORT, rediss://HOST:PORT (TLS).
  std::string url;
  // ACL user; empty: the default user. The file with the password, if any.
  std::string user;
  std::string password_file;
  // PEM, for rediss.
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  // What the server's certificate must name; empty: the host of the URL.
  std::string server_name;
};

// The options of a connection. INVALID_FIELD naming the flag; FILE_NOT_FOUND,
// FILE_UNAVAILABLE for the password's.
absl::StatusOr<store::RedisOptions> ToOptions(const RedisAccess& access);

// One server as its administrator sees it; connects when there is something to
// say, and again after an error. Every call is bounded by the timeout of the
// options. Not thread-safe.
class RedisAdmin {
 public:
  // STORE_MISCONFIGURED for options that cannot be used.
  static absl::StatusOr<RedisAdmin> Make(const store::RedisOptions& options);

  // STORE_UNAVAILABLE: no answer, or an error reply, whose text is in the
  // message.
  absl::Status Do(const std::vector<std::string>& words);
  absl::StatusOr<store::RedisInfo> Info();

  // The address from which the server sees this program; "127.0.0.1" if they
  // talk over a socket in the file system.
  absl::StatusOr<std::string> OwnHost();

 private:
  explicit RedisAdmin(std::unique_ptr<store::RedisDialer> dialer)
      : dialer_(std::move(dialer)) {}

  absl::StatusOr<store::RedisReply> Call(const std::vector<std::string>& words);
  absl::Status Connect();

  std::unique_ptr<store::RedisDialer> dialer_;
  // Null: none, or broken.
  std::unique_ptr<store::RedisConnection> connection_;
};

// A field of INFO, "" if it is not there.
std::string InfoField(const store::RedisInfo& info, const std::string& name);

// How many keys the server has, in all of its databases.
uint64_t KeysOf(const store::RedisInfo& info);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_REDIS_ADMIN_H_
