#include "tools/soft-token/fake_counter_store.h"

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::soft_token {
namespace {

TEST(FakeCounterStoreTest, CountsFromOne) {
  FakeCounterStore counter;
  EXPECT_THAT(counter.Next(), IsOkAndHolds(1u));
  EXPECT_THAT(counter.Next(), IsOkAndHolds(2u));
  EXPECT_EQ(counter.last(), 2u);
}

TEST(FakeCounterStoreTest, GoesBackWhenTold) {
  FakeCounterStore counter(10);
  counter.Set(4);
  EXPECT_THAT(counter.Next(), IsOkAndHolds(5u));
}

TEST(FakeCounterStoreTest, BreaksWhenTold) {
  FakeCounterStore counter;
  counter.Break();
  EXPECT_THAT(counter.Next(), HasReason(reason::kInternal));
}

}  // namespace
}  // namespace u2fi::soft_token
