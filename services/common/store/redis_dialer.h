#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_DIALER_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_DIALER_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/store/redis_connection.h"
#include "services/common/store/redis_options.h"

namespace u2fi::store {

// Finds the master and makes connections to it that are ready for use. At each
// call: ask the Sentinels, if any, connect, TLS, AUTH, check the server (INFO:
// see redis_info.h), load the scripts. Thread-safe.
class RedisDialer {
 public:
  // STORE_MISCONFIGURED for options that cannot be used.
  static absl::StatusOr<std::unique_ptr<RedisDialer>> Make(
      RedisOptions options);

  // A connection that still blocks.
  absl::StatusOr<std::unique_ptr<RedisConnection>> DialMaster() const;

  // The same for what an administrator does: nothing is checked or loaded.
  absl::StatusOr<std::unique_ptr<RedisConnection>> DialBare() const;

  // What an administrator should hear about the present master.
  absl::StatusOr<std::vector<std::string>> Inspect() const;

  const RedisOptions& options() const { return options_; }

 private:
  RedisDialer(RedisOptions options, std::vector<RedisAddress> sentinels,
              RedisAddress server, std::unique_ptr<crypto::TlsClient> tls);

  absl::StatusOr<RedisAddress> FindMaster() const;
  absl::StatusOr<RedisAddress> AskSentinel(const RedisAddress& sentinel) const;
  absl::StatusOr<std::unique_ptr<RedisConnection>> Connect(
      const RedisAddress& address, const std::string& user,
      const std::string& password) const;

  const RedisOptions options_;
  const std::vector<RedisAddress> sentinels_;
  const RedisAddress server_;
  const std::unique_ptr<crypto::TlsClient> tls_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_DIALER_H_
