#include "services/common/store/errors.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

TEST(StoreErrorsTest, AnAbortedCommitNamesTheKey) {
  EXPECT_THAT(Aborted("k"), HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(Aborted("k"))["key"], "k");
  EXPECT_EQ(MetadataOf(Aborted(""))["key"], "");
}

TEST(StoreErrorsTest, WhatMayPassTellsWhenToTryAgain) {
  EXPECT_EQ(RetryOf(Unavailable("x")), absl::Seconds(1));
  EXPECT_EQ(RetryOf(OutcomeUnknown("x")), absl::Seconds(1));
  EXPECT_EQ(RetryOf(EpochChanged()), absl::nullopt);
}

TEST(StoreErrorsTest, UnavailableIsSaidOnce) {
  EXPECT_EQ(Unavailable(Unavailable("gone").message()), Unavailable("gone"));
}

}  // namespace
}  // namespace u2fi::store
