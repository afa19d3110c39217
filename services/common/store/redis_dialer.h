#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_DIALER_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_DIALER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/common/crypto/tls_client.h"
#include "services/common/store/redis_connection.h"
#include "services/common/store/redis_options.h"
#include "services/common/sync/sync.h"

namespace u2fi::store {

// Finds the master and makes connections to it that are ready for use. At each
// call: ask the Sentinels, if any, connect, TLS with the files as they are
// then, AUTH, check the server (INFO: see redis_info.h), load the scripts. A
// Sentinel that was cut off names a master of before: if that is not one any
// more the next Sentinel is asked. Thread-safe.
class RedisDialer {
 public:
  using ConnectionPtr = std::unique_ptr<RedisConnection>;

  // STORE_MISCONFIGURED for options that cannot be used.
  static absl::StatusOr<std::unique_ptr<RedisDialer>> Make(
      RedisOptions options);

  // A connection that still blocks.
  absl::StatusOr<ConnectionPtr> DialMaster() const;

  // The same for what an administrator does: nothing is checked or loaded.
  absl::StatusOr<ConnectionPtr> DialBare() const;

  // What an administrator should hear about the present master.
  absl::StatusOr<std::vector<std::string>> Inspect() const;

  const RedisOptions& options() const { return options_; }

 private:
  using MaybeConnection = absl::StatusOr<ConnectionPtr>;
  using Reach = std::function<MaybeConnection(const RedisAddress& address)>;

  RedisDialer(RedisOptions options, std::vector<RedisAddress> sentinels,
              RedisAddress server, std::unique_ptr<crypto::TlsClient> tls);

  // What `reach` makes of the first master that it reaches.
  MaybeConnection AtMaster(const Reach& reach) const;
  absl::StatusOr<RedisAddress> AskSentinel(const RedisAddress& sentinel) const;
  MaybeConnection Connect(const RedisAddress& address, const std::string& user,
                          const std::string& password) const;
  // Of the files as they are now; if they cannot be used as they last could.
  std::shared_ptr<const crypto::TlsClient> Tls() const;

  const RedisOptions options_;
  const std::vector<RedisAddress> sentinels_;
  const RedisAddress server_;
  mutable Mutex mutex_;
  mutable std::shared_ptr<const crypto::TlsClient> tls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_DIALER_H_
