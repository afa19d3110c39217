#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_REPLY_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_REPLY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

struct redisReader;
struct redisReply;

namespace u2fi::store {

// One reply of the server, owned. Its content is not trusted: a field is only
// there if its type says so, which the functions below check.
struct RedisReplyFreer {
  void operator()(redisReply* reply) const;
};
using RedisReply = std::unique_ptr<redisReply, RedisReplyFreer>;

// How many elements a reply may have, and its bytes together: a server that
// says more is cut off. The largest real one is a Get of kMaxKeysPerCall.
inline constexpr int kMaxReplyElements = 8192;
inline constexpr size_t kMaxReplyBytes = 32 << 20;
// How deep arrays may stand in arrays; real answers have three levels. hiredis
// itself sets no bound, and frees what is nested by recursion.
inline constexpr int kMaxReplyDepth = 7;

// Makes `reader` refuse replies of more elements or levels as not of the
// protocol.
void BoundReplies(redisReader& reader);

// The text of an error reply ("READONLY You can't …"), else "".
absl::string_view ErrorText(const redisReply& reply);

// Elements of an array; empty for anything else.
std::vector<const redisReply*> Elements(const redisReply& reply);

// A string's bytes, a status's text; INVALID otherwise.
absl::StatusOr<absl::string_view> AsString(const redisReply& reply);
absl::StatusOr<int64_t> AsInteger(const redisReply& reply);
bool IsNil(const redisReply& reply);

// The first reply in `bytes`, as the wire has it: for tests. INVALID_ARGUMENT
// if it is incomplete or not of the protocol.
absl::StatusOr<RedisReply> ReadReply(absl::string_view bytes);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_REPLY_H_
