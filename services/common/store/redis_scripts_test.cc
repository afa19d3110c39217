#include "services/common/store/redis_scripts.h"

#include <set>

#include "gmock/gmock.h"

namespace u2fi::store {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(RedisScriptsTest, EachLooksAtRoleAndIncarnationFirst) {
  for (const RedisScript script : kAllRedisScripts) {
    EXPECT_THAT(TextOf(script), HasSubstr("master_replid"));
    EXPECT_THAT(TextOf(script), HasSubstr("READONLY"));
  }
}

TEST(RedisScriptsTest, AreNamedByTheirSha1) {
  for (const RedisScript script : kAllRedisScripts) {
    EXPECT_THAT(ShaOf(script), MatchesRegex("[0-9a-f]{40}"));
  }
}

TEST(RedisScriptsTest, AreDifferent) {
  std::set<std::string> names;
  for (const RedisScript script : kAllRedisScripts) names.insert(ShaOf(script));
  EXPECT_EQ(names.size(), kAllRedisScripts.size());
}

}  // namespace
}  // namespace u2fi::store
