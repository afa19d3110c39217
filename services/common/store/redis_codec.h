#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_CODEC_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_CODEC_H_

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/store/redis_layout.h"
#include "services/common/store/redis_record.h"
#include "services/common/store/redis_reply.h"
#include "services/common/store/redis_scripts.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// What a call of a script carries: EVALSHA sha numkeys keys… arguments….
struct ScriptCall {
  RedisScript script;
  std::vector<std::string> keys;
  std::vector<std::string> arguments;
};

// The calls, as lua/*.lua want them.
ScriptCall GetCall(const RedisLayout& layout,
                   const std::vector<std::string>& keys);
ScriptCall ScanCall(const RedisLayout& layout, absl::string_view prefix,
                    absl::string_view after, size_t limit);
ScriptCall CommitCall(const RedisLayout& layout, const CommitRequest& request,
                      absl::string_view commit_id);
ScriptCall SettleCall(const RedisLayout& layout, const CommitRequest& request,
                      absl::string_view commit_id);

// The bytes that go over the wire: by SHA-1 or, after NOSCRIPT, by text.
std::string Encode(const ScriptCall& call, bool with_text);
std::string EncodeCommand(const std::vector<std::string>& words);

// The answers. Anything but the agreed form is STORE_CORRUPT; an error reply
// is what ErrorOf says.
absl::StatusOr<Snapshot> ParseGet(const std::vector<std::string>& keys,
                                  const redisReply& reply);
absl::StatusOr<Page> ParseScan(const redisReply& reply);
// OK with the version, STORE_ABORTED, STORE_EPOCH_CHANGED. An answer to another
// commit is STORE_OUTCOME_UNKNOWN.
absl::StatusOr<Version> ParseCommit(const CommitRequest& request,
                                    absl::string_view commit_id,
                                    const redisReply& reply);

// What a settlement found: per key put and then removed its header, if any.
struct Found {
  Epoch epoch;
  std::vector<absl::optional<RecordHeader>> headers;
};
absl::StatusOr<Found> ParseSettle(const CommitRequest& request,
                                  const redisReply& reply);

// Seconds and microseconds, as TIME answers.
absl::StatusOr<absl::Time> ParseTime(const redisReply& reply);

// For an error reply: STORE_UNAVAILABLE where the server refuses before it
// writes (READONLY, OOM, MISCONF, LOADING, …), else STORE_OUTCOME_UNKNOWN. OK
// for any other reply.
absl::Status ErrorOf(const redisReply& reply);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_CODEC_H_
