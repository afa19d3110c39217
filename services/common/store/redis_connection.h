#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_CONNECTION_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/crypto/tls_client.h"
#include "services/common/store/redis_address.h"
#include "services/common/store/redis_reply.h"

struct redisContext;

namespace u2fi::store {

// One connection, in one of two modes: first it blocks, for the steps of the
// handshake; then it is non-blocking, for pipelining. Every error is
// STORE_UNAVAILABLE and ends the connection. Not thread-safe.
class RedisConnection {
 public:
  // Connects within `timeout`, which then also bounds each Call. `tls` may be
  // null; it must know the CA, and the server must prove to be `server_name`
  // (empty: the address's host).
  static absl::StatusOr<std::unique_ptr<RedisConnection>> Dial(
      const RedisAddress& address, const crypto::TlsClient* tls,
      const std::string& server_name, absl::Duration timeout);

  // Sends a command and waits for its reply, which may be an error reply.
  absl::StatusOr<RedisReply> Call(const std::vector<std::string>& words);

  // For a command whose answer is no reply (SYNC): sends it, and then waits for
  // bytes as they come, 1 to `size` of them.
  absl::Status Send(const std::vector<std::string>& words);
  absl::StatusOr<size_t> ReadBytes(char* bytes, size_t size);

  int fd() const;
  // From here on only fd() and the following may be called.
  absl::Status StopBlocking();
  // Takes encoded commands; they leave with Write().
  absl::Status Append(const std::string& bytes);
  // Writes what the socket takes.
  absl::Status Write();
  // Bytes are left for the next Write().
  bool writing() const { return writing_; }
  // Bytes that have gone either way: a connection on which this grows lives.
  uint64_t moved() const { return moved_; }
  // All replies that have arrived, in the order of their commands.
  absl::StatusOr<std::vector<RedisReply>> Read();

 private:
  struct Freer {
    void operator()(redisContext* context) const;
  };
  explicit RedisConnection(redisContext* context) : context_(context) {}

  absl::Status StartTls(const crypto::TlsClient& tls, const std::string& name);
  absl::Status TakeReplies(std::vector<RedisReply>& replies);
  absl::Status ContextError() const;

  std::unique_ptr<redisContext, Freer> context_;
  bool writing_ = false;
  uint64_t moved_ = 0;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_CONNECTION_H_
