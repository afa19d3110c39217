#include "services/device-registry/change.h"

#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::OwnerRow;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ChangeTest : public testing::Test {
 protected:
  OwnerRow Owner(const std::string& owner) {
    OwnerRow row;
    row.set_owner(owner);
    return row;
  }

  // Stores bytes under a key.
  void Store(const std::string& key, const std::string& value) {
    ASSERT_OK_AND_ASSIGN(const auto snapshot, store_.Get(partition_, {}));
    store::CommitRequest commit;
    commit.epoch = snapshot.epoch;
    commit.put = {{key, value}};
    ASSERT_OK(store_.Commit(partition_, commit));
  }

  void StoreOwner(const std::string& key, const std::string& owner) {
    OwnerRow row = Owner(owner);
    row.set_schema(1);
    Store(key, row.SerializeAsString());
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  const store::Partition partition_ =
      *store::Partition::Make("device-registry", "acme");
  Change change_{store_, partition_};
};

TEST_F(ChangeTest, ReadsARow) {
  StoreOwner("a", "ann");
  ASSERT_OK_AND_ASSIGN(const auto row, change_.Read<OwnerRow>("a"));
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->owner(), "ann");
}

TEST_F(ChangeTest, ReadsNothingWhereNothingIs) {
  ASSERT_OK_AND_ASSIGN(const auto row, change_.Read<OwnerRow>("a"));
  EXPECT_FALSE(row.has_value());
}

TEST_F(ChangeTest, ExpectsWhatWasReadToStay) {
  StoreOwner("a", "ann");
  ASSERT_OK(change_.Read<OwnerRow>("a"));
  ASSERT_OK(change_.Read<OwnerRow>("b"));
  const std::vector<store::Expect> expected = change_.Expected();
  ASSERT_EQ(expected.size(), 2u);
  EXPECT_EQ(expected[0].key, "a");
  EXPECT_NE(expected[0].version, store::kAbsent);
  EXPECT_EQ(expected[1].key, "b");
  EXPECT_EQ(expected[1].version, store::kAbsent);
}

TEST_F(ChangeTest, DoesNotExpectWhatWasOnlyLookedAt) {
  StoreOwner("a", "ann");
  ASSERT_OK(change_.Peek<OwnerRow>("a"));
  EXPECT_THAT(change_.Expected(), IsEmpty());
}

TEST_F(ChangeTest, ExistsIsExpectedToo) {
  EXPECT_THAT(change_.Exists("a"), IsOkAndHolds(false));
  EXPECT_EQ(change_.Expected().size(), 1u);
}

TEST_F(ChangeTest, ReadsAKeyOnce) {
  StoreOwner("a", "ann");
  ASSERT_OK(change_.Read<OwnerRow>("a"));
  StoreOwner("a", "bob");
  ASSERT_OK_AND_ASSIGN(const auto row, change_.Read<OwnerRow>("a"));
  EXPECT_EQ(row->owner(), "ann");
}

TEST_F(ChangeTest, ReadsFromOneIncarnationOfTheStoreOnly) {
  ASSERT_OK(change_.Read<OwnerRow>("a"));
  store_.Restart();
  EXPECT_THAT(change_.Read<OwnerRow>("b"),
              HasReason(reason::kStoreEpochChanged));
}

TEST_F(ChangeTest, RequireNamesWhatIsMissing) {
  const auto row = change_.Require<OwnerRow>("a", "sites/home");
  EXPECT_THAT(row, HasReason(reason::kResourceUnknown));
  EXPECT_EQ(MetadataOf(row.status())["resource"], "sites/home");
}

TEST_F(ChangeTest, RefusesARecordThatCannotBeRead) {
  Store("a", "\xff\xff");
  EXPECT_THAT(change_.Read<OwnerRow>("a"), HasReason(reason::kStoreCorrupt));
}

TEST_F(ChangeTest, RefusesARecordOfAnotherSchema) {
  OwnerRow row = Owner("ann");
  row.set_schema(2);
  Store("a", row.SerializeAsString());
  EXPECT_THAT(change_.Read<OwnerRow>("a"), HasReason(reason::kStoreCorrupt));
}

TEST_F(ChangeTest, WritesTheSchema) {
  change_.Put("a", Owner("ann"));
  const std::vector<store::Put> writes = change_.Writes();
  ASSERT_EQ(writes.size(), 1u);
  OwnerRow row;
  ASSERT_OK(ParseRow("a", writes[0].value, row));
  EXPECT_EQ(row.owner(), "ann");
}

TEST_F(ChangeTest, TheLastWriteOfAKeyCounts) {
  change_.Put("a", Owner("ann"));
  change_.Put("a", Owner("bob"));
  ASSERT_EQ(change_.Writes().size(), 1u);
  OwnerRow row;
  ASSERT_OK(ParseRow("a", change_.Writes()[0].value, row));
  EXPECT_EQ(row.owner(), "bob");
}

TEST_F(ChangeTest, RemovesInsteadOfWriting) {
  change_.Put("a", Owner("ann"));
  change_.Remove("a");
  EXPECT_THAT(change_.Writes(), IsEmpty());
  EXPECT_THAT(change_.Removals(), ElementsAre("a"));
}

// A timer that is set anew for the same moment is not lost.
TEST_F(ChangeTest, WritesWhatWasRemovedBefore) {
  change_.Remove("a");
  change_.Put("a", Owner("ann"));
  EXPECT_EQ(change_.Writes().size(), 1u);
  EXPECT_THAT(change_.Removals(), IsEmpty());
}

TEST_F(ChangeTest, KeepsTheExpiryHint) {
  change_.Put("a", Owner("ann"), absl::FromUnixSeconds(5));
  EXPECT_EQ(change_.Writes()[0].expire_hint, absl::FromUnixSeconds(5));
}

TEST_F(ChangeTest, IsEmptyUntilSomethingIsWritten) {
  ASSERT_OK(change_.Read<OwnerRow>("a"));
  EXPECT_TRUE(change_.empty());
  change_.Remove("a");
  EXPECT_FALSE(change_.empty());
}

TEST_F(ChangeTest, DiscardForgetsEverythingToBeDone) {
  change_.Put("a", Owner("ann"));
  change_.Remove("b");
  change_.Audit({});
  change_.Announce(v1::EVENT_KIND_DEVICE, "devices/a");
  change_.Discard();
  EXPECT_TRUE(change_.empty());
  EXPECT_THAT(change_.rows(), IsEmpty());
  EXPECT_THAT(change_.events(), IsEmpty());
}

TEST_F(ChangeTest, AnnouncesWhatChanged) {
  change_.Announce(v1::EVENT_KIND_DEVICE, "devices/a", "BOUND");
  ASSERT_EQ(change_.events().size(), 1u);
  EXPECT_EQ(change_.events()[0].resource(), "devices/a");
  EXPECT_EQ(change_.events()[0].state(), "BOUND");
}

TEST_F(ChangeTest, HasAnEpochWithoutReading) {
  EXPECT_OK(change_.Epoch());
  EXPECT_EQ(change_.Epoch()->size(), 40u);
}

TEST_F(ChangeTest, BeforeSettleReadsFindWhatTheStoreHas) {
  StoreOwner("a", "ann");
  change_.Put("a", Owner("bob"));
  EXPECT_EQ(change_.Read<OwnerRow>("a").value()->owner(), "ann");
}

TEST_F(ChangeTest, AfterSettleReadsFindWhatWasPutAndRemoved) {
  StoreOwner("a", "ann");
  StoreOwner("b", "ann");
  change_.Put("a", Owner("bob"));
  change_.Put("new", Owner("bob"));
  change_.Remove("b");
  change_.Settle();
  EXPECT_EQ(change_.Read<OwnerRow>("a").value()->owner(), "bob");
  EXPECT_THAT(change_.Exists("new"), IsOkAndHolds(true));
  EXPECT_THAT(change_.Exists("b"), IsOkAndHolds(false));
}

TEST_F(ChangeTest, AfterSettleTheCommitExpectsWhatTheStoreHas) {
  change_.Put("new", Owner("bob"));
  change_.Settle();
  ASSERT_OK(change_.Read<OwnerRow>("new"));
  ASSERT_EQ(change_.Expected().size(), 1u);
  EXPECT_EQ(change_.Expected()[0].version, store::kAbsent);
}

TEST_F(ChangeTest, WhatWasRemovedBeforeSettleMayBePutAgain) {
  StoreOwner("a", "ann");
  change_.Remove("a");
  change_.Settle();
  change_.Put("a", Owner("bob"));
  EXPECT_EQ(change_.Writes().size(), 1u);
  EXPECT_THAT(change_.Removals(), IsEmpty());
}

}  // namespace
}  // namespace u2fi::device_registry
