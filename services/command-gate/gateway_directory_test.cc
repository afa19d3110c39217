#include "services/command-gate/gateway_directory.h"

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
constexpr absl::Duration kGrace = absl::Seconds(5);

class GatewayDirectoryTest : public testing::Test {
 protected:
  static GatewaySession Session(const std::string& gateway = "g1") {
    GatewaySession session;
    session.tenant = "t1";
    session.site = "s1";
    session.gateway = gateway;
    session.channel_key = std::string(32, 'k');
    session.open_time = absl::FromUnixSeconds(900);
    session.agent_version = "0.1.0";
    session.takes_batches = true;
    return session;
  }
  GatewaySession Claim(GatewayDirectory& directory,
                       const std::string& gateway = "g1") {
    const auto claimed = directory.Claim(Session(gateway));
    EXPECT_OK(claimed);
    return claimed.ok() ? *claimed : GatewaySession();
  }
  DirectoryEntry Find(const std::string& gateway = "g1") {
    const auto found = a_.Find("t1", gateway);
    EXPECT_OK(found);
    EXPECT_TRUE(found.ok() && found->has_value());
    return found.ok() && found->has_value() ? **found : DirectoryEntry();
  }
  bool IsPresent() { return Find().IsPresent(clock_.Now(), kGrace); }
  absl::Status Release(GatewayDirectory& directory,
                       const GatewaySession& session) {
    return directory.Release({{session, clock_.Now()}});
  }
  size_t Lost(GatewayDirectory& directory,
              const std::vector<GatewaySession>& sessions) {
    const auto lost = directory.Renew(sessions);
    EXPECT_OK(lost);
    return lost.ok() ? lost->size() : 99;
  }

  FakeClock clock_{absl::FromUnixSeconds(1000)};
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  GatewayDirectory a_{clock_, store_, {"aaaa", "a:1", kLease}};
  GatewayDirectory b_{clock_, store_, {"bbbb", "b:1", kLease}};
};

TEST_F(GatewayDirectoryTest, AGatewayThatNeverCameHasNoEntry) {
  ASSERT_OK_AND_ASSIGN(const auto found, a_.Find("t1", "g1"));
  EXPECT_FALSE(found.has_value());
}

TEST_F(GatewayDirectoryTest, AClaimTellsOthersWhereTheStreamIs) {
  const GatewaySession claimed = Claim(b_);
  const DirectoryEntry entry = Find();
  EXPECT_EQ(entry.replica, "bbbb");
  EXPECT_EQ(entry.address, "b:1");
  EXPECT_EQ(entry.session.generation, claimed.generation);
  EXPECT_EQ(entry.session.site, "s1");
  EXPECT_EQ(entry.session.channel_key, std::string(32, 'k'));
  EXPECT_EQ(entry.session.open_time, absl::FromUnixSeconds(900));
  EXPECT_EQ(entry.session.agent_version, "0.1.0");
  EXPECT_TRUE(entry.session.takes_batches);
}

TEST_F(GatewayDirectoryTest, ALaterClaimHasAHigherGeneration) {
  const uint64_t first = Claim(a_).generation;
  EXPECT_GT(Claim(b_).generation, first);
  EXPECT_EQ(Find().replica, "bbbb");
}

TEST_F(GatewayDirectoryTest, SoItHasIfTheOtherClockIsBehind) {
  const uint64_t first = Claim(a_).generation;
  clock_.Jump(-absl::Seconds(10));
  EXPECT_GT(Claim(b_).generation, first);
}

TEST_F(GatewayDirectoryTest, SoItHasAfterARelease) {
  const GatewaySession first = Claim(a_);
  ASSERT_OK(Release(a_, first));
  clock_.Jump(-absl::Seconds(10));
  EXPECT_GT(Claim(b_).generation, first.generation);
}

TEST_F(GatewayDirectoryTest, OfTwoThatClaimAtOnceTheLaterWriterWins) {
  GatewaySession other;
  store_.BeforeNextCommit([&] { other = Claim(b_); });
  const GatewaySession mine = Claim(a_);
  EXPECT_GT(mine.generation, other.generation);
  EXPECT_EQ(Find().replica, "aaaa");
}

TEST_F(GatewayDirectoryTest, AClaimWhoseAnswerIsLostIsMadeAgain) {
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnknownApplied);
  const uint64_t claimed = Claim(a_).generation;
  EXPECT_EQ(Find().session.generation, claimed);
}

TEST_F(GatewayDirectoryTest, AClaimWithoutStoreFails) {
  store_.SetAway(true);
  EXPECT_THAT(a_.Claim(Session()), HasReason(reason::kStoreUnavailable));
}

TEST_F(GatewayDirectoryTest, TheOwnerIsBelievedUntilItsLeaseEnds) {
  Claim(b_);
  clock_.Advance(kLease - absl::Milliseconds(1));
  EXPECT_TRUE(IsPresent());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(IsPresent());
}

TEST_F(GatewayDirectoryTest, ARenewalBeginsTheLeaseAnew) {
  const GatewaySession session = Claim(b_);
  clock_.Advance(kLease / 2);
  EXPECT_EQ(Lost(b_, {session}), 0u);
  clock_.Advance(kLease - absl::Milliseconds(1));
  EXPECT_TRUE(IsPresent());
}

TEST_F(GatewayDirectoryTest, AStaleOwnerCannotRenew) {
  const GatewaySession stale = Claim(a_);
  Claim(b_);
  ASSERT_OK_AND_ASSIGN(const auto lost, a_.Renew({stale}));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].generation, stale.generation);
  EXPECT_EQ(Find().replica, "bbbb");
}

TEST_F(GatewayDirectoryTest, AnOlderStreamOfTheSameReplicaIsStaleToo) {
  const GatewaySession stale = Claim(a_);
  Claim(a_);
  EXPECT_EQ(Lost(a_, {stale}), 1u);
}

TEST_F(GatewayDirectoryTest, OneThatLosesWhileItRenewsIsStale) {
  const GatewaySession stale = Claim(a_);
  clock_.Advance(absl::Seconds(1));
  store_.BeforeNextCommit([&] { Claim(b_); });
  EXPECT_EQ(Lost(a_, {stale}), 1u);
  EXPECT_EQ(Find().replica, "bbbb");
}

TEST_F(GatewayDirectoryTest, WhoLostOneGatewayKeepsTheOthers) {
  const GatewaySession stale = Claim(a_, "g1");
  const GatewaySession kept = Claim(a_, "g2");
  Claim(b_, "g1");
  clock_.Advance(kLease / 2);
  EXPECT_EQ(Lost(a_, {stale, kept}), 1u);
  clock_.Advance(kLease - absl::Milliseconds(1));
  EXPECT_TRUE(Find("g2").IsPresent(clock_.Now(), kGrace));
}

TEST_F(GatewayDirectoryTest, WhatAFailoverForgotComesBackWithTheRenewal) {
  const auto before = memory_.TakeBackup();
  const GatewaySession session = Claim(b_);
  memory_.FailOverTo(before);
  EXPECT_EQ(Lost(b_, {session}), 0u);
  EXPECT_EQ(Find().session.generation, session.generation);
}

TEST_F(GatewayDirectoryTest, AnOldRecordThatCameBackIsReplaced) {
  Claim(a_);
  const auto before = memory_.TakeBackup();
  const GatewaySession session = Claim(b_);
  memory_.FailOverTo(before);
  EXPECT_EQ(Lost(b_, {session}), 0u);
  EXPECT_EQ(Find().replica, "bbbb");
}

TEST_F(GatewayDirectoryTest, NothingToRenewIsNoCall) {
  store_.SetAway(true);
  EXPECT_EQ(Lost(a_, {}), 0u);
}

TEST_F(GatewayDirectoryTest, AReleasedGatewayIsPresentForTheGrace) {
  ASSERT_OK(Release(b_, Claim(b_)));
  EXPECT_EQ(Find().replica, "");
  clock_.Advance(kGrace);
  EXPECT_TRUE(IsPresent());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(IsPresent());
}

TEST_F(GatewayDirectoryTest, AStaleOwnerCannotRelease) {
  const GatewaySession stale = Claim(a_);
  Claim(b_);
  ASSERT_OK(Release(a_, stale));
  EXPECT_EQ(Find().replica, "bbbb");
}

TEST_F(GatewayDirectoryTest, AnOldStreamsEndDoesNotReleaseTheNewOne) {
  const GatewaySession old = Claim(a_);
  Claim(a_);
  ASSERT_OK(Release(a_, old));
  EXPECT_EQ(Find().replica, "aaaa");
}

TEST_F(GatewayDirectoryTest, AReleasedStreamIsNotRenewed) {
  const GatewaySession session = Claim(a_);
  ASSERT_OK(Release(a_, session));
  EXPECT_EQ(Lost(a_, {session}), 1u);
  EXPECT_EQ(Find().replica, "");
}

TEST_F(GatewayDirectoryTest, AnotherTenantsGatewayIsAnotherOne) {
  Claim(a_);
  ASSERT_OK_AND_ASSIGN(const auto found, a_.Find("t2", "g1"));
  EXPECT_FALSE(found.has_value());
}

TEST_F(GatewayDirectoryTest, ListsByGatewayInPages) {
  for (const char* gateway : {"g3", "g1", "g2"}) Claim(b_, gateway);
  ASSERT_OK_AND_ASSIGN(const auto first, a_.List("t1", "", 2));
  ASSERT_EQ(first.entries.size(), 2u);
  EXPECT_EQ(first.entries[1].session.gateway, "g2");
  EXPECT_TRUE(first.more);
  ASSERT_OK_AND_ASSIGN(const auto last, a_.List("t1", "g2", 2));
  ASSERT_EQ(last.entries.size(), 1u);
  EXPECT_EQ(last.entries[0].session.gateway, "g3");
  EXPECT_FALSE(last.more);
}

TEST_F(GatewayDirectoryTest, ARecordOfAnotherSchemaIsAnError) {
  ASSERT_OK_AND_ASSIGN(const auto partition,
                       store::Partition::Make("command-gate", "t1"));
  ASSERT_OK_AND_ASSIGN(const auto snapshot, store_.Get(partition, {}));
  ASSERT_OK(
      store_.Commit(partition, {snapshot.epoch, {}, {{"dir/g1", "\x08\x02"}}}));
  EXPECT_THAT(a_.Find("t1", "g1"), HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(a_.Claim(Session()), HasReason(reason::kStoreCorrupt));
}

}  // namespace
}  // namespace u2fi::command_gate
