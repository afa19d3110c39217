#include "services/command-gate/directory_keeper.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

constexpr absl::Duration kLease = absl::Seconds(90);

class DirectoryKeeperTest : public testing::Test {
 protected:
  GatewaySession Claim(const std::string& gateway = "g1",
                       const std::string& tenant = "t1") {
    GatewaySession session;
    session.tenant = tenant;
    session.gateway = gateway;
    const auto claimed = keeper_.Claim(session);
    EXPECT_OK(claimed);
    return claimed.ok() ? *claimed : GatewaySession();
  }
  DirectoryEntry Find(const std::string& gateway = "g1",
                      const std::string& tenant = "t1") {
    const auto found = directory_.Find(tenant, gateway);
    EXPECT_OK(found);
    return found.ok() && found->has_value() ? **found : DirectoryEntry();
  }
  bool IsPresent() {
    return Find().IsPresent(clock_.Now(), absl::ZeroDuration());
  }
  // A heartbeat after `wait`, and a round.
  void HearAndKeep(const GatewaySession& session, absl::Duration wait) {
    clock_.Advance(wait);
    keeper_.Heard(session);
    keeper_.Keep();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  GatewayDirectory directory_{clock_, store_, {"aaaa", "a:1", kLease}};
  GatewayDirectory other_{clock_, store_, {"bbbb", "b:1", kLease}};
  std::vector<GatewaySession> moved_;
  std::vector<GatewaySession> lost_;
  DirectoryKeeper keeper_{
      clock_,
      directory_,
      {[this](const GatewaySession& session) { moved_.push_back(session); },
       [this](const GatewaySession& session) { lost_.push_back(session); }}};
};

TEST_F(DirectoryKeeperTest, AClaimIsWrittenAndTold) {
  const GatewaySession session = Claim();
  EXPECT_EQ(Find().session.generation, session.generation);
  ASSERT_EQ(moved_.size(), 1u);
  EXPECT_EQ(moved_[0].generation, session.generation);
}

TEST_F(DirectoryKeeperTest, AClaimThatFailsIsNotTold) {
  store_.SetAway(true);
  GatewaySession session;
  session.tenant = "t1";
  session.gateway = "g1";
  EXPECT_THAT(keeper_.Claim(session), HasReason(reason::kStoreUnavailable));
  EXPECT_TRUE(moved_.empty());
}

TEST_F(DirectoryKeeperTest, AGatewayThatIsHeardFromStaysPresent) {
  const GatewaySession session = Claim();
  for (int i = 0; i < 10; ++i) HearAndKeep(session, kLease / 3);
  EXPECT_TRUE(IsPresent());
}

TEST_F(DirectoryKeeperTest, OneThatIsSilentDoesNot) {
  Claim();
  clock_.Advance(kLease / 2);
  keeper_.Keep();
  clock_.Advance(kLease / 2);
  keeper_.Keep();
  EXPECT_FALSE(IsPresent());
}

TEST_F(DirectoryKeeperTest, AHeartbeatOfAnOlderStreamDoesNotCount) {
  const GatewaySession old = Claim();
  Claim();
  HearAndKeep(old, kLease / 2);
  clock_.Advance(kLease / 2);
  EXPECT_FALSE(IsPresent());
}

TEST_F(DirectoryKeeperTest, NothingIsWrittenBeforeAThirdOfTheLease) {
  const GatewaySession session = Claim();
  const int before = store_.SuccessfulCommits(store::Durability::kVolatile);
  HearAndKeep(session, kLease / 3 - absl::Milliseconds(1));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kVolatile), before);
  HearAndKeep(session, absl::Milliseconds(1));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kVolatile), before + 1);
}

TEST_F(DirectoryKeeperTest, ManyAreRenewedInOneCommitPerTenant) {
  std::vector<GatewaySession> sessions;
  sessions.reserve(20);
  for (int i = 0; i < 20; ++i) {
    sessions.push_back(Claim("g" + std::to_string(i), i < 15 ? "t1" : "t2"));
  }
  clock_.Advance(kLease / 3);
  for (const GatewaySession& session : sessions) keeper_.Heard(session);
  const int before = store_.SuccessfulCommits(store::Durability::kVolatile);
  keeper_.Keep();
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kVolatile), before + 2);
}

TEST_F(DirectoryKeeperTest, AStaleStreamIsReportedOnce) {
  const GatewaySession stale = Claim();
  ASSERT_OK(other_.Claim(stale));
  HearAndKeep(stale, kLease / 3);
  ASSERT_EQ(lost_.size(), 1u);
  EXPECT_EQ(lost_[0].generation, stale.generation);
  HearAndKeep(stale, kLease / 3);
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(DirectoryKeeperTest, CheckAllLooksAtOnceAlsoAtTheSilentOnes) {
  ASSERT_OK(other_.Claim(Claim()));
  keeper_.CheckAll("t1");
  keeper_.Keep();
  EXPECT_EQ(lost_.size(), 1u);
}

TEST_F(DirectoryKeeperTest, CheckAllOfAnotherTenantDoesNot) {
  ASSERT_OK(other_.Claim(Claim()));
  keeper_.CheckAll("t2");
  keeper_.Keep();
  EXPECT_TRUE(lost_.empty());
}

TEST_F(DirectoryKeeperTest, WhatHasGoneIsReleasedAndTold) {
  const GatewaySession session = Claim();
  clock_.Advance(absl::Seconds(2));
  keeper_.Gone(session);
  const absl::Time gone = clock_.Now();
  clock_.Advance(absl::Seconds(1));
  keeper_.Keep();
  EXPECT_EQ(Find().replica, "");
  EXPECT_EQ(Find().gone, gone);
  EXPECT_EQ(moved_.size(), 2u);
}

TEST_F(DirectoryKeeperTest, WhatHasGoneIsNotRenewed) {
  const GatewaySession session = Claim();
  keeper_.Gone(session);
  keeper_.Keep();
  HearAndKeep(session, kLease / 3);
  EXPECT_EQ(Find().replica, "");
}

TEST_F(DirectoryKeeperTest, TwoStreamsOfAGatewayMayGoAtOnce) {
  const GatewaySession old = Claim();
  const GatewaySession last = Claim();
  keeper_.Gone(last);
  keeper_.Gone(old);
  keeper_.Keep();
  EXPECT_EQ(Find().replica, "");
}

TEST_F(DirectoryKeeperTest, AnOldStreamThatGoesLeavesTheNewOne) {
  const GatewaySession old = Claim();
  const GatewaySession session = Claim();
  keeper_.Gone(old);
  HearAndKeep(session, kLease / 3);
  EXPECT_TRUE(IsPresent());
}

TEST_F(DirectoryKeeperTest, AReleaseThatFailsIsTriedAgain) {
  keeper_.Gone(Claim());
  store_.SetAway(true);
  keeper_.Keep();
  store_.SetAway(false);
  keeper_.Keep();
  EXPECT_EQ(Find().replica, "");
}

TEST_F(DirectoryKeeperTest, ARenewalThatFailsIsTriedAgain) {
  const GatewaySession session = Claim();
  store_.SetAway(true);
  HearAndKeep(session, kLease / 2);
  EXPECT_TRUE(lost_.empty());
  store_.SetAway(false);
  keeper_.Keep();
  clock_.Advance(kLease * 3 / 4);
  EXPECT_TRUE(IsPresent());
}

}  // namespace
}  // namespace u2fi::command_gate
