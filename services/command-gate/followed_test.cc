#include "services/command-gate/followed.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"

namespace u2fi::command_gate {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// The command `index` of a batch of three.
StoredCommand Item(uint32_t index, v1::CommandState state,
                   store::Version version) {
  StoredCommand item;
  item.row.set_command_id(absl::StrCat("c", index));
  item.row.set_batch("c0");
  item.row.set_index(index);
  item.row.set_state(state);
  if (index == 0) {
    for (const char* id : {"c0", "c1", "c2"}) item.row.add_batch_ids(id);
  }
  item.version = version;
  item.epoch = "e1";
  return item;
}

std::vector<StoredCommand> Batch(v1::CommandState state,
                                 store::Version version) {
  return {Item(0, state, version), Item(1, state, version),
          Item(2, state, version)};
}

TEST(FollowedTest, OneCommandIsCompleteAtOnce) {
  Followed followed(/*batch=*/false);
  EXPECT_FALSE(followed.complete());
  // It may be one of a batch.
  followed.Take({Item(2, v1::COMMAND_STATE_APPROVED, 5)});
  EXPECT_TRUE(followed.complete());
  EXPECT_FALSE(followed.final());
  followed.Take({Item(2, v1::COMMAND_STATE_SUCCEEDED, 6)});
  EXPECT_TRUE(followed.final());
  EXPECT_EQ(followed.first().state(), v1::COMMAND_STATE_SUCCEEDED);
}

TEST(FollowedTest, WhatWasHeardAlreadyIsNoNews) {
  Followed followed(/*batch=*/false);
  EXPECT_THAT(followed.Take({Item(0, v1::COMMAND_STATE_APPROVED, 5)}),
              SizeIs(1));
  EXPECT_THAT(followed.Take({Item(0, v1::COMMAND_STATE_APPROVED, 5)}),
              IsEmpty());
  EXPECT_THAT(followed.Take({Item(0, v1::COMMAND_STATE_AWAITING_APPROVAL, 4)}),
              IsEmpty());
  EXPECT_EQ(followed.first().state(), v1::COMMAND_STATE_APPROVED);
}

TEST(FollowedTest, AnotherEpochIsNews) {
  Followed followed(/*batch=*/false);
  followed.Take({Item(0, v1::COMMAND_STATE_APPROVED, 5)});
  StoredCommand before = Item(0, v1::COMMAND_STATE_AWAITING_APPROVAL, 4);
  before.epoch = "e2";
  EXPECT_THAT(followed.Take({before}), SizeIs(1));
}

TEST(FollowedTest, ABatchIsCompleteWithItsLastCommand) {
  Followed followed(/*batch=*/true);
  followed.Take({Item(1, v1::COMMAND_STATE_SUCCEEDED, 5)});
  followed.Take({Item(2, v1::COMMAND_STATE_SUCCEEDED, 5)});
  EXPECT_FALSE(followed.complete());
  followed.Take({Item(0, v1::COMMAND_STATE_SUCCEEDED, 5)});
  EXPECT_TRUE(followed.final());
}

TEST(FollowedTest, OnlyTheFirstKnowsHowManyThereAre) {
  Followed followed(/*batch=*/true);
  followed.Take({Item(1, v1::COMMAND_STATE_SUCCEEDED, 5)});
  EXPECT_FALSE(followed.complete());
  EXPECT_FALSE(followed.final());
}

TEST(FollowedTest, ABatchEndsWithItsLastCommand) {
  Followed followed(/*batch=*/true);
  followed.Take(Batch(v1::COMMAND_STATE_DISPATCHED, 5));
  followed.Take({Item(0, v1::COMMAND_STATE_SUCCEEDED, 6)});
  followed.Take({Item(2, v1::COMMAND_STATE_FAILED, 7)});
  EXPECT_FALSE(followed.final());
  followed.Take({Item(1, v1::COMMAND_STATE_SUCCEEDED, 8)});
  EXPECT_TRUE(followed.final());
}

TEST(FollowedTest, ABatchCountsItsStates) {
  Followed followed(/*batch=*/true);
  followed.Take(Batch(v1::COMMAND_STATE_DISPATCHED, 5));
  EXPECT_THAT(followed.Take({Item(1, v1::COMMAND_STATE_SUCCEEDED, 6),
                             Item(2, v1::COMMAND_STATE_FAILED, 6),
                             Item(0, v1::COMMAND_STATE_DISPATCHED, 5)}),
              SizeIs(2));
  const v1::BatchRecord batch = followed.BatchView();
  EXPECT_EQ(batch.size(), 3u);
  ASSERT_EQ(batch.counts_size(), 3);
  for (const v1::StateCount& count : batch.counts()) {
    EXPECT_EQ(count.count(), 1u);
  }
}

}  // namespace
}  // namespace u2fi::command_gate
