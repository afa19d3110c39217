#include "services/common/audit/journal_mover.h"

#include <string>

#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/fake_sink.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/orphan_drainer.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

class JournalMoverTest : public testing::Test {
 protected:
  // One more row of the gateway's, with its checkpoint, as the gate stores it.
  void Send() {
    store::CommitRequest commit;
    commit.epoch = store_.Get(partition_, {})->epoch;
    const std::string row = ChainBuilder(writer_).Append(
        TestRow(), static_cast<uint64_t>(UnixMillis(clock_)), head_);
    const std::string& incarnation = writer_.incarnation();
    v1::Checkpoint checkpoint;
    *checkpoint.mutable_writer() = writer_;
    checkpoint.set_sequence(head_.id.sequence);
    checkpoint.set_hash(crypto::ToString(head_.id.hash));
    checkpoint.set_time_ms(1);
    commit.put = {
        {RowKey(RowPrefix(incarnation), head_.id.sequence), row},
        {HeadKey(incarnation), ChainBuilder(writer_).HeadValue(head_)},
        {RowKey(CheckpointPrefix(incarnation), head_.id.sequence),
         signer_.Sign(checkpoint).SerializeAsString()},
        {AuditKeyKey("g1"), signer_.public_key().point}};
    ASSERT_OK(store_.Commit(partition_, commit));
  }
  size_t Left(const std::string& prefix) {
    return store_.Scan(partition_, prefix, "", 100)->items.size();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  const store::Partition partition_ =
      *store::Partition::Make(kJournalService, "acme");
  const v1::Writer writer_ = TestWriter("gateway/s1/g1");
  const CheckpointSigner signer_{"g1", crypto::P256PrivateKey::Generate()};
  ChainHead head_;
  FakeSink sink_;
  JournalMover mover_{store_, sink_, clock_};
};

TEST_F(JournalMoverTest, RowsAndTheGatewaysCheckpointsGoToTheSink) {
  Send();
  Send();
  ASSERT_OK(mover_.Move("acme"));
  ASSERT_EQ(sink_.records().size(), 5u);
  EXPECT_EQ(std::get<AuditKey>(sink_.records()[0]).kid, "g1");
  EXPECT_TRUE(std::holds_alternative<v1::AuditRow>(sink_.records()[1]));
  EXPECT_TRUE(std::holds_alternative<v1::SignedCheckpoint>(sink_.records()[2]));
  EXPECT_EQ(Left("audit/row/"), 0u);
  EXPECT_EQ(Left("audit/checkpoint/"), 0u);
  // The chain goes on.
  Send();
  ASSERT_OK(mover_.Move("acme"));
  EXPECT_EQ(sink_.records().size(), 8u);
}

TEST_F(JournalMoverTest, WhatTheSinkDoesNotTakeStays) {
  Send();
  sink_.append_fails = true;
  EXPECT_FALSE(mover_.Move("acme").ok());
  EXPECT_EQ(Left("audit/row/"), 1u);
  sink_.append_fails = false;
  ASSERT_OK(mover_.Move("acme"));
  EXPECT_EQ(Left("audit/row/"), 0u);
}

TEST_F(JournalMoverTest, AChainThatIsSilentForADayIsForgotten) {
  Send();
  ASSERT_OK(mover_.Move("acme"));
  EXPECT_EQ(Left("audit/head/"), 1u);
  clock_.Advance(kForgetAfter);
  ASSERT_OK(mover_.Move("acme"));
  EXPECT_EQ(Left("audit/head/"), 0u);
}

}  // namespace
}  // namespace u2fi::audit
