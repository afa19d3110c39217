#include "services/common/audit/tenant_drainers.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/fake_sink.h"
#include "services/common/audit/orphan_drainer.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

class TenantDrainersTest : public testing::Test {
 protected:
  // One replica of the service.
  struct Replica {
    explicit Replica(TenantDrainersTest& test)
        : deciders(test.store_, test.clock_, test.random_, test.executor_,
                   "command-gate"),
          drainers(test.store_, test.clock_, deciders, test.sink_,
                   test.signer_) {}
    TenantDeciders deciders;
    TenantDrainers drainers;
  };

  void Decide(Replica& replica, const std::string& tenant) {
    Transition transition;
    transition.epoch =
        store_.Get(*store::Partition::Make("command-gate", tenant), {})->epoch;
    transition.rows.push_back(TestRow());
    ASSERT_OK(replica.deciders.Decide(tenant, std::move(transition)));
  }
  size_t Rows() { return sink_.All<v1::AuditRow>().size(); }
  std::vector<ParsedCheckpoint> Checkpoints() {
    std::vector<ParsedCheckpoint> parsed;
    for (const auto& checkpoint : sink_.All<v1::SignedCheckpoint>()) {
      parsed.push_back(*CheckCheckpoint(checkpoint));
    }
    return parsed;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  ThreadExecutor executor_{1};
  FakeSink sink_;
  const CheckpointSigner signer_{"audit-1", crypto::P256PrivateKey::Generate()};
  Replica one_{*this};
};

TEST_F(TenantDrainersTest, EveryTenantIsDrained) {
  Decide(one_, "acme");
  Decide(one_, "zeta");
  ASSERT_OK(one_.drainers.Drain());
  EXPECT_EQ(Rows(), 2u);
  EXPECT_TRUE(Checkpoints().empty());
  ASSERT_OK(one_.drainers.DrainAll());
  ASSERT_EQ(Checkpoints().size(), 2u);
  EXPECT_EQ(Checkpoints()[0].checkpoint.writer().tenant(), "acme");
  EXPECT_EQ(Checkpoints()[1].checkpoint.writer().tenant(), "zeta");
}

TEST_F(TenantDrainersTest, CheckpointsNameTheOtherReplicas) {
  Replica two(*this);
  Decide(one_, "acme");
  Decide(two, "acme");
  ASSERT_OK(one_.drainers.DrainAll());
  const v1::Checkpoint checkpoint = Checkpoints()[0].checkpoint;
  ASSERT_EQ(checkpoint.seen_size(), 1);
  EXPECT_EQ(checkpoint.seen(0).writer().incarnation(),
            (*two.deciders.QueueOf("acme"))->writer().incarnation());
  EXPECT_EQ(checkpoint.seen(0).sequence(), 1u);
}

TEST_F(TenantDrainersTest, AFailureIsToldAndMadeGoodLater) {
  Decide(one_, "acme");
  sink_.append_fails = true;
  EXPECT_THAT(one_.drainers.Drain(), HasReason(reason::kAuditUnavailable));
  sink_.append_fails = false;
  ASSERT_OK(one_.drainers.DrainAll());
  EXPECT_EQ(Rows(), 1u);
}

TEST_F(TenantDrainersTest, WhatAReplicaLeftIsDrainedByAnother) {
  Decide(one_, "acme");
  clock_.Advance(kGoneAfter);
  Replica two(*this);
  ASSERT_OK(two.drainers.DrainOrphans("acme"));
  EXPECT_EQ(Rows(), 1u);
  EXPECT_EQ(Checkpoints().size(), 1u);
}

}  // namespace
}  // namespace u2fi::audit
