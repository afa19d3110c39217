#include "services/common/store/redis_info.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RedisInfoTest : public testing::Test {
 protected:
  RedisInfo info_ = ParseInfo(
      "# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\n"
      "maxmemory_policy:noeviction\r\n# Persistence\r\nloading:0\r\n"
      "aof_enabled:1\r\n# Replication\r\nrole:master\r\n"
      "connected_slaves:1\r\n");
};

TEST_F(RedisInfoTest, AcceptsAGoodServerWithoutWarnings) {
  EXPECT_OK(CheckServer(info_));
  EXPECT_THAT(WarningsAbout(info_, "always", 1), IsEmpty());
}

TEST_F(RedisInfoTest, RefusesAnOldServer) {
  info_["redis_version"] = "6.2.14";
  EXPECT_THAT(CheckServer(info_), HasReason(reason::kStoreMisconfigured));
}

TEST_F(RedisInfoTest, RefusesAServerThatDoesNotSayWhatItIs) {
  EXPECT_THAT(CheckServer({}), HasReason(reason::kStoreMisconfigured));
}

TEST_F(RedisInfoTest, RefusesAServerThatEvicts) {
  info_["maxmemory_policy"] = "allkeys-lru";
  const absl::Status refused = CheckServer(info_);
  EXPECT_THAT(refused, HasReason(reason::kStoreMisconfigured));
  EXPECT_EQ(MetadataOf(refused)["policy"], "allkeys-lru");
}

TEST_F(RedisInfoTest, ALoadingServerIsNotReady) {
  info_["loading"] = "1";
  EXPECT_THAT(CheckServer(info_), HasReason(reason::kStoreUnavailable));
}

TEST_F(RedisInfoTest, AReplicaIsNotUsed) {
  info_["role"] = "slave";
  EXPECT_THAT(CheckServer(info_), HasReason(reason::kStoreUnavailable));
}

TEST_F(RedisInfoTest, WarnsThatPersistenceIsOff) {
  info_["aof_enabled"] = "0";
  EXPECT_THAT(WarningsAbout(info_, "always", 1),
              ElementsAre(HasSubstr("PERSISTENCE IS OFF")));
}

TEST_F(RedisInfoTest, RefusesAServerThatKeepsLessThanItMust) {
  EXPECT_THAT(CheckPersistence(info_, "everysec", Persistence::kAlways),
              HasReason(reason::kStoreMisconfigured));
  EXPECT_OK(CheckPersistence(info_, "everysec", Persistence::kEverysec));
  EXPECT_OK(CheckPersistence(info_, "always", Persistence::kAlways));
}

TEST_F(RedisInfoTest, RefusesAServerWithoutAppendOnlyFile) {
  info_["aof_enabled"] = "0";
  EXPECT_THAT(CheckPersistence(info_, "always", Persistence::kEverysec),
              HasReason(reason::kStoreMisconfigured));
  EXPECT_OK(CheckPersistence(info_, "always", Persistence::kNone));
}

TEST_F(RedisInfoTest, RefusesAServerThatDoesNotTellWhatItKeeps) {
  EXPECT_THAT(CheckPersistence(info_, "", Persistence::kAlways),
              HasReason(reason::kStoreMisconfigured));
  EXPECT_OK(CheckPersistence(info_, "", Persistence::kEverysec));
}

TEST_F(RedisInfoTest, WarnsOfEverysec) {
  EXPECT_THAT(WarningsAbout(info_, "everysec", 1),
              ElementsAre(HasSubstr("appendfsync is everysec")));
}

TEST_F(RedisInfoTest, WarnsIfTheSettingCannotBeRead) {
  EXPECT_THAT(WarningsAbout(info_, "", 1),
              ElementsAre(HasSubstr("cannot be read")));
}

TEST_F(RedisInfoTest, WarnsOfMissingReplicas) {
  EXPECT_THAT(WarningsAbout(info_, "always", 2),
              ElementsAre(HasSubstr("only 1 of 2")));
}

TEST_F(RedisInfoTest, WarnsOfReplicasThatNobodyWaitsFor) {
  EXPECT_THAT(WarningsAbout(info_, "always", 0),
              ElementsAre(HasSubstr("do not wait")));
}

}  // namespace
}  // namespace u2fi::store
