#include "services/common/audit/tenant_deciders.h"

#include <utility>

#include "services/common/audit/keys.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

using testing::ElementsAre;

class TenantDecidersTest : public testing::Test {
 protected:
  Transition PutX() {
    RowContent content;
    content.kind = v1::ROW_KIND_ADMIN;
    content.subjects = {"accounts/ann"};
    Transition transition;
    transition.epoch = *EpochOf("t1");
    transition.expect = {{"x", store::kAbsent}};
    transition.put = {{"x", "1"}};
    transition.rows.push_back(*PreparedRow::Make(std::move(content), random_));
    return transition;
  }
  absl::StatusOr<store::Epoch> EpochOf(absl::string_view tenant) {
    auto snapshot = store_.Get(*store::Partition::Make("gate", tenant), {});
    if (!snapshot.ok()) return snapshot.status();
    return snapshot->epoch;
  }
  size_t RowsOf(absl::string_view tenant) {
    return store_
        .Scan(*store::Partition::Make("gate", tenant), "audit/row/", "", 10)
        ->items.size();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  ThreadExecutor executor_{1};
  TenantDeciders deciders_{store_, clock_, random_, executor_, "gate"};
};

TEST_F(TenantDecidersTest, EachTenantHasItsOwnStateAndChain) {
  ASSERT_OK(deciders_.Decide("t1", PutX()));
  ASSERT_OK(deciders_.Decide("t2", PutX()));
  EXPECT_EQ(RowsOf("t1"), 1u);
  EXPECT_EQ(RowsOf("t2"), 1u);
  EXPECT_THAT(deciders_.Tenants(), ElementsAre("t1", "t2"));
}

TEST_F(TenantDecidersTest, ASecondDecisionContinuesTheChain) {
  ASSERT_OK(deciders_.Decide("t1", PutX()));
  EXPECT_THAT(deciders_.Decide("t1", PutX()), HasReason(reason::kStoreAborted));
  EXPECT_EQ(RowsOf("t1"), 2u);
}

TEST_F(TenantDecidersTest, WhatIsNoTenantIsRefused) {
  EXPECT_THAT(deciders_.Decide("T 1", PutX()),
              HasReason(reason::kStorePartitionInvalid));
  EXPECT_TRUE(deciders_.Tenants().empty());
}

}  // namespace
}  // namespace u2fi::audit
