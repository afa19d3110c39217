#include "services/gateway-agent/site_store.h"

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
  ASSERT_OK(site_.Hand("c1", Row()));
  ASSERT_OK_AND_ASSIGN(const auto row, site_.FindJournal("c1"));
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->sequence(), 3u);
}

TEST_F(SiteStoreTest, EveryWriteIsOnDisk) {
  ASSERT_OK(site_.Hand("c1", Row()));
  ASSERT_OK(site_.Finish("c1", Result()));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kDurable), 2);
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kVolatile), 0);
}

TEST_F(SiteStoreTest, ACommandIsHandedOverOnce) {
  ASSERT_OK(site_.Hand("c1", Row()));
  EXPECT_THAT(site_.Hand("c1", Row()), HasReason(reason::kStoreAborted));
}

TEST_F(SiteStoreTest, AnUnknownOutcomeIsNotHandedOver) {
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnknownApplied);
  EXPECT_FALSE(site_.Hand("c1", Row()).ok());
}

TEST_F(SiteStoreTest, ACommandThatWasNotHandedOverHasNoResult) {
  EXPECT_THAT(site_.Finish("c1", Result()),
              HasReason(reason::kResourceUnknown));
}

TEST_F(SiteStoreTest, AResultIsKeptUntilItIsAcknowledged) {
  ASSERT_OK(site_.Hand("c1", Row()));
  ASSERT_OK(site_.Finish("c1", Result()));
  EXPECT_EQ(site_.Unacknowledged()->size(), 1u);
  ASSERT_OK(site_.Acknowledge("c1"));
  EXPECT_TRUE(site_.Unacknowledged()->empty());
}

TEST_F(SiteStoreTest, TheFirstResultStands) {
  ASSERT_OK(site_.Hand("c1", Row()));
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

}  // namespace
}  // namespace u2fi::gateway_agent
