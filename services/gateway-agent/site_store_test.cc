#include "services/gateway-agent/site_store.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::gateway_agent {
namespace {

class SiteStoreTest : public testing::Test {
 protected:
  static records::v1::JournalRow Row() {
    records::v1::JournalRow row;
    row.set_schema(1);
    row.set_device("cam-1");
    row.set_sequence(3);
    row.set_execute_by_ms(1'700'000'060'000);
    return row;
  }
  static gateway::v1::CommandResult Result() {
    gateway::v1::CommandResult result;
    result.set_command_id("c1");
    result.set_outcome_text("SUCCEEDED");
    return result;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  SiteStore site_ = *SiteStore::Open(store_, "t1");
};

TEST_F(SiteStoreTest, WhatWasHandedOverIsInTheJournal) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  ASSERT_OK_AND_ASSIGN(const auto row, site_.FindJournal("c1"));
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->sequence(), 3u);
}

TEST_F(SiteStoreTest, TheHandOverIsOnDiskAndTheEndFollowsWithAnother) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 1);
  ASSERT_OK(site_.Finish("c1", Result()));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 1);
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kVolatile), 1);
}

// Every commit names the epoch: of one that is over nothing may be believed.
TEST_F(SiteStoreTest, AfterANewEpochItReadsAgain) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  memory_.Restart();
  EXPECT_THAT(site_.Hand({{"c2", Row()}}),
              HasReason(reason::kStoreEpochChanged));
  EXPECT_OK(site_.Hand({{"c2", Row()}}));
}

TEST_F(SiteStoreTest, ACommandIsHandedOverOnce) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  EXPECT_THAT(site_.Hand({{"c1", Row()}}), HasReason(reason::kStoreAborted));
}

TEST_F(SiteStoreTest, AnUnknownOutcomeIsNotHandedOver) {
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnknownApplied);
  EXPECT_FALSE(site_.Hand({{"c1", Row()}}).ok());
}

TEST_F(SiteStoreTest, ACommandThatWasNotHandedOverHasNoResult) {
  EXPECT_THAT(site_.Finish("c1", Result()),
              HasReason(reason::kResourceUnknown));
}

TEST_F(SiteStoreTest, AResultIsKeptUntilItIsAcknowledged) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  ASSERT_OK(site_.Finish("c1", Result()));
  EXPECT_EQ(site_.Unacknowledged()->size(), 1u);
  ASSERT_OK(site_.Acknowledge("c1"));
  EXPECT_TRUE(site_.Unacknowledged()->empty());
}

TEST_F(SiteStoreTest, TheFirstResultStands) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  ASSERT_OK(site_.Finish("c1", Result()));
  gateway::v1::CommandResult other = Result();
  other.set_outcome_text("FAILED");
  ASSERT_OK(site_.Finish("c1", other));
  EXPECT_EQ((*site_.FindJournal("c1"))->result().outcome_text(), "SUCCEEDED");
}

TEST_F(SiteStoreTest, AnInstalledDeviceIsNotStagedAnyMore) {
  records::v1::StageRow stage;
  stage.set_schema(1);
  stage.set_deadline_ms(1'800'000'000'000);
  ASSERT_OK(site_.Stage("cam-1", stage));
  records::v1::DeviceRow device;
  device.set_schema(1);
  ASSERT_OK(site_.Install("cam-1", device));
  EXPECT_FALSE((*site_.FindStage("cam-1")).has_value());
  EXPECT_TRUE((*site_.FindDevice("cam-1")).has_value());
}

TEST_F(SiteStoreTest, ATenantThatIsNoIdIsRefused) {
  EXPECT_FALSE(SiteStore::Open(store_, "T 1").ok());
}

TEST_F(SiteStoreTest, WhatWasHandedOverIsUnfinishedUntilItHasAResult) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  EXPECT_EQ(*site_.Unfinished(""), std::vector<std::string>{"c1"});
  ASSERT_OK(site_.Finish("c1", Result()));
  EXPECT_TRUE(site_.Unfinished("")->empty());
}

TEST_F(SiteStoreTest, EachDeviceHasUnfinishedCommandsOfItsOwn) {
  records::v1::JournalRow other = Row();
  other.set_device("cam-10");
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  ASSERT_OK(site_.Hand({{"c2", other}}));
  EXPECT_EQ(*site_.Unfinished("cam-1"), std::vector<std::string>{"c1"});
  EXPECT_EQ(*site_.Unfinished("cam-10"), std::vector<std::string>{"c2"});
  EXPECT_EQ(site_.Unfinished("")->size(), 2u);
}

// Many of one device that is gone must not hide those of others.
TEST_F(SiteStoreTest, NoneIsForgottenForThereBeingMany) {
  for (int i = 0; i < 1010; ++i) {
    ASSERT_OK(site_.Hand({{absl::StrCat("c", i), Row()}}));
  }
  records::v1::JournalRow other = Row();
  other.set_device("lamp-1");
  ASSERT_OK(site_.Hand({{"last", other}}));
  const auto all = site_.Unfinished("");
  ASSERT_OK(all);
  EXPECT_EQ(all->size(), 1011u);
  EXPECT_EQ(all->back(), "last");
}

TEST_F(SiteStoreTest, WhatNobodyEndsGoesWithItsRowInTheJournal) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  clock_.Advance(absl::Hours(24 * 41));
  // The store drops what has expired when it writes what will.
  records::v1::JournalRow next = Row();
  next.set_execute_by_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  ASSERT_OK(site_.Hand({{"c2", next}}));
  EXPECT_FALSE(site_.FindJournal("c1")->has_value());
  EXPECT_EQ(*site_.Unfinished(""), std::vector<std::string>{"c2"});
}

TEST_F(SiteStoreTest, AResultThatWasNotWrittenIsUnfinished) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnknownNotApplied);
  EXPECT_FALSE(site_.Finish("c1", Result()).ok());
  EXPECT_EQ(site_.Unfinished("")->size(), 1u);
  EXPECT_TRUE(site_.Unacknowledged()->empty());
}

TEST_F(SiteStoreTest, AnAcknowledgementNeedsNoDisk) {
  ASSERT_OK(site_.Acknowledge("c1"));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 0);
}

TEST_F(SiteStoreTest, TheJournalBeginsOnce) {
  EXPECT_EQ(*site_.Begin(17), 17u);
  EXPECT_EQ(*site_.Begin(18), 17u);
}

TEST_F(SiteStoreTest, AJournalThatCannotBeWrittenDoesNotBegin) {
  store_.SetAway(true);
  EXPECT_THAT(site_.Begin(17), HasReason(reason::kStoreUnavailable));
}

TEST_F(SiteStoreTest, TheDenyListIsEmptyAtFirstAndKept) {
  EXPECT_EQ(site_.Denied()->revision(), 0u);
  records::v1::DenyRow row;
  row.set_schema(1);
  row.set_revision(7);
  row.add_tokens("t");
  ASSERT_OK(site_.SetDenied(row));
  EXPECT_EQ(site_.Denied()->revision(), 7u);
  EXPECT_EQ(site_.Denied()->tokens(0), "t");
}

TEST_F(SiteStoreTest, DevicesAreListedByTheirIds) {
  records::v1::DeviceRow device;
  device.set_schema(1);
  device.set_plain(true);
  ASSERT_OK(site_.Install("cam-1", device));
  records::v1::StageRow stage;
  stage.set_schema(1);
  stage.set_deadline_ms(1'700'000'060'000);
  ASSERT_OK(site_.Stage("cam-2", stage));
  ASSERT_OK_AND_ASSIGN(const auto devices, site_.Devices());
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_TRUE(devices.at("cam-1").plain());
  ASSERT_OK_AND_ASSIGN(const auto staged, site_.Staged());
  EXPECT_EQ(staged.count("cam-2"), 1u);
}

TEST_F(SiteStoreTest, MoreDevicesThanAPageAreAllListed) {
  records::v1::DeviceRow device;
  device.set_schema(1);
  for (int i = 0; i < 1'005; ++i) {
    ASSERT_OK(site_.Install("cam-" + std::to_string(i), device));
  }
  EXPECT_EQ(site_.Devices()->size(), 1'005u);
}

TEST_F(SiteStoreTest, ARecordOfAnotherSchemaIsNotRead) {
  records::v1::DeviceRow device;
  device.set_schema(2);
  ASSERT_OK(site_.Install("cam-1", device));
  EXPECT_THAT(site_.FindDevice("cam-1"), HasReason(reason::kStoreCorrupt));
  EXPECT_THAT(site_.Devices(), HasReason(reason::kStoreCorrupt));
}

TEST_F(SiteStoreTest, TenantsDoNotSeeEachOther) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  SiteStore other = *SiteStore::Open(store_, "t2");
  EXPECT_FALSE(other.FindJournal("c1")->has_value());
}

TEST_F(SiteStoreTest, AfterANewIncarnationOneWriteFailsAndTheNextOnesWork) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kEpochChanged);
  EXPECT_THAT(site_.Hand({{"c2", Row()}}),
              HasReason(reason::kStoreEpochChanged));
  EXPECT_OK(site_.Hand({{"c2", Row()}}));
}

TEST_F(SiteStoreTest, CommandsAreHandedOverTogetherOrNotAtAll) {
  ASSERT_OK(site_.Hand({{"c1", Row()}, {"c2", Row()}}));
  EXPECT_THAT(site_.Hand({{"c3", Row()}, {"c2", Row()}}),
              HasReason(reason::kStoreAborted));
  ASSERT_OK_AND_ASSIGN(const auto third, site_.FindJournal("c3"));
  EXPECT_FALSE(third.has_value());
}

TEST_F(SiteStoreTest, ACommitHasItsLimit) {
  const std::vector<SiteStore::Handed> many(SiteStore::kMaxHanded + 1);
  EXPECT_THAT(site_.Hand(many), HasReason(reason::kInternal));
}

// With a journal, each of these steps leaves its row in the same commit.
class SiteStoreJournalTest : public SiteStoreTest {
 protected:
  SiteStoreJournalTest() {
    auto opened = Journal::Open(store_, clock_, random_, identity_, {5});
    EXPECT_OK(opened);
    journal_ = *std::move(opened);
    site_ = *SiteStore::Open(store_, "t1", journal_.get());
  }
  std::vector<std::string> Rows() {
    std::vector<std::string> states;
    for (const audit::ParsedRow& row : audit::RowsIn(
             store_, *store::Partition::Make("gateway-agent", "t1"))) {
      states.push_back(row.body.state_after());
    }
    return states;
  }

  const AgentIdentity identity_{
      "t1", "s1", "g1", crypto::P256PrivateKey::Generate(), "u2fi.example"};
  std::unique_ptr<Journal> journal_;
};

TEST_F(SiteStoreJournalTest, WhatIsHandedOverAndItsEndAreRows) {
  ASSERT_OK(site_.Hand({{"c1", Row()}}));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 1);
  ASSERT_OK(site_.Finish("c1", Result()));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 1);
  EXPECT_THAT(Rows(), testing::ElementsAre("HANDED", "UNKNOWN_OUTCOME"));
}

TEST_F(SiteStoreJournalTest, WhatIsBelievedIsARow) {
  ASSERT_OK(site_.Install("cam-1", {}));
  ASSERT_OK(site_.Forget("cam-1"));
  EXPECT_THAT(Rows(), testing::ElementsAre("BELIEVED", "FORGOTTEN"));
}

TEST_F(SiteStoreJournalTest, WithoutRoomForTheEndNothingBegins) {
  ASSERT_OK(site_.Hand({{"c1", Row()}, {"c2", Row()}}));
  EXPECT_THAT(site_.Hand({{"c3", Row()}, {"c4", Row()}}),
              HasReason(reason::kAuditUnavailable));
  ASSERT_OK_AND_ASSIGN(const auto row, site_.FindJournal("c3"));
  EXPECT_FALSE(row.has_value());
  // What has begun ends.
  ASSERT_OK(site_.Finish("c1", Result()));
}

}  // namespace
}  // namespace u2fi::gateway_agent
