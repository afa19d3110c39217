#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_SCRIPTS_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_SCRIPTS_H_

#include <array>
#include <string>

namespace u2fi::store {

// The only code that touches records in Redis: lua/<name>.lua, each behind
// lua/epoch.lua, which reads role and master_replid in the same instant. On a
// replica every script answers the error READONLY. All keys of a call share the
// hash tag of its partition. Arguments and answers stand in the files.
enum class RedisScript { kCommit, kGet, kScan, kSettle };

inline constexpr std::array<RedisScript, 4> kAllRedisScripts = {
    RedisScript::kCommit, RedisScript::kGet, RedisScript::kScan,
    RedisScript::kSettle};

// The Lua text.
const std::string& TextOf(RedisScript script);

// Its SHA-1 in hex, by which EVALSHA names it.
const std::string& ShaOf(RedisScript script);

// What the commit script answers behind the commit id.
enum class CommitCode {
  kOk = 0,            // Then the version; 0 if nothing was put.
  kAborted = 1,       // Then which expectation failed, from 1.
  kEpochChanged = 2,  // Then 0.
  kStopped = 3,       // Then 0. A settlement has forbidden this commit.
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_SCRIPTS_H_
