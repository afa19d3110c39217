#include "services/common/audit/orphan_drainer.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain_writer.h"
#include "services/common/audit/fake_sink.h"
#include "services/common/audit/keys.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

class OrphanDrainerTest : public testing::Test {
 protected:
  // A writer writes rows and is gone.
  void WriteRows(char replica, int count) {
    RowTail tail;
    ChainWriter writer(store_, clock_, random_, tail,
                       {partition_, TestWriter("command-gate", replica), {}});
    std::vector<RowId> ids;
    ASSERT_OK(writer.Ready(Epoch()));
    for (int i = 0; i < count; ++i) {
      store::CommitRequest request;
      const PreparedRow row = TestRow();
      ASSERT_OK(writer.Commit(request, {&row}, ids));
    }
  }
  store::Epoch Epoch() { return memory_.Get(partition_, {})->epoch; }
  std::string Key(char replica, uint64_t sequence) {
    return RowKey(RowPrefix(std::string(16, replica)), sequence);
  }
  void Tamper(store::CommitRequest change) {
    change.epoch = Epoch();
    ASSERT_OK(memory_.Commit(partition_, change));
  }
  size_t Drained() { return sink_.All<v1::AuditRow>().size(); }
  size_t InStore() { return RowsIn(memory_, partition_).size(); }
  bool HasHead(char replica) {
    const auto head =
        memory_.Get(partition_, {HeadKey(std::string(16, replica))});
    return head->entries[0].exists();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  const store::Partition partition_ = TestPartition();
  FakeSink sink_;
  const CheckpointSigner signer_{"audit-1", crypto::P256PrivateKey::Generate()};
  OrphanDrainer drainer_{store_, partition_, std::string(16, 'z'),
                         sink_,  signer_,    clock_};
};

TEST_F(OrphanDrainerTest, DrainsWhatAWriterLeft) {
  WriteRows('a', 3);
  clock_.Advance(kGoneAfter);
  ASSERT_OK(drainer_.Drain());
  EXPECT_EQ(Drained(), 3u);
  ASSERT_EQ(sink_.All<v1::SignedCheckpoint>().size(), 1u);
  ASSERT_OK_AND_ASSIGN(const ParsedCheckpoint checkpoint,
                       CheckCheckpoint(sink_.All<v1::SignedCheckpoint>()[0]));
  EXPECT_EQ(checkpoint.checkpoint.writer().incarnation()[0], 'a');
  EXPECT_EQ(checkpoint.row.sequence, 3u);
  EXPECT_EQ(InStore(), 0u);
}

TEST_F(OrphanDrainerTest, LeavesAWriterAloneThatMayLive) {
  WriteRows('a', 3);
  clock_.Advance(kGoneAfter - absl::Milliseconds(1));
  ASSERT_OK(drainer_.Drain());
  EXPECT_EQ(Drained(), 0u);
}

TEST_F(OrphanDrainerTest, LeavesItsOwnProcessAlone) {
  WriteRows('z', 3);
  clock_.Advance(kGoneAfter);
  ASSERT_OK(drainer_.Drain());
  EXPECT_EQ(Drained(), 0u);
}

TEST_F(OrphanDrainerTest, TheSecondRoundFindsNothing) {
  WriteRows('a', 3);
  clock_.Advance(kGoneAfter);
  ASSERT_OK(drainer_.Drain());
  const size_t records = sink_.records().size();
  ASSERT_OK(drainer_.Drain());
  EXPECT_EQ(sink_.records().size(), records);
}

TEST_F(OrphanDrainerTest, ARowThatWasChangedIsNotVouchedFor) {
  WriteRows('a', 3);
  WriteRows('b', 2);
  clock_.Advance(kGoneAfter);
  const auto row = memory_.Get(partition_, {Key('a', 3)});
  Tamper({{}, {}, {{Key('a', 2), row->entries[0].value}}, {}});
  EXPECT_THAT(drainer_.Drain(), HasReason(reason::kAuditChain));
  // The other writer's rows are drained all the same.
  EXPECT_EQ(Drained(), 2u);
  EXPECT_EQ(sink_.All<v1::SignedCheckpoint>().size(), 1u);
}

TEST_F(OrphanDrainerTest, ARowThatCannotBeReadIsNotVouchedFor) {
  WriteRows('a', 3);
  clock_.Advance(kGoneAfter);
  Tamper({{}, {}, {{Key('a', 2), "nonsense"}}, {}});
  EXPECT_THAT(drainer_.Drain(), HasReason(reason::kAuditFormat));
  EXPECT_EQ(Drained(), 0u);
}

TEST_F(OrphanDrainerTest, AGapIsNotVouchedFor) {
  WriteRows('a', 3);
  clock_.Advance(kGoneAfter);
  Tamper({{}, {}, {}, {Key('a', 2)}});
  EXPECT_THAT(drainer_.Drain(), HasReason(reason::kAuditChain));
  EXPECT_EQ(Drained(), 0u);
}

TEST_F(OrphanDrainerTest, AMissingEndIsNotVouchedFor) {
  WriteRows('a', 3);
  clock_.Advance(kGoneAfter);
  Tamper({{}, {}, {}, {Key('a', 3)}});
  EXPECT_THAT(drainer_.Drain(), HasReason(reason::kAuditChain));
  EXPECT_EQ(Drained(), 0u);
}

TEST_F(OrphanDrainerTest, HeadsGoAfterADayExceptTheLatest) {
  WriteRows('a', 1);
  clock_.Advance(absl::Seconds(1));
  WriteRows('b', 1);
  clock_.Advance(kForgetAfter);
  ASSERT_OK(drainer_.Drain());
  EXPECT_FALSE(HasHead('a'));
  EXPECT_TRUE(HasHead('b'));
}

TEST_F(OrphanDrainerTest, AHeadStaysForADay) {
  WriteRows('a', 1);
  clock_.Advance(kForgetAfter - absl::Seconds(1));
  WriteRows('b', 1);
  ASSERT_OK(drainer_.Drain());
  EXPECT_TRUE(HasHead('a'));
}

}  // namespace
}  // namespace u2fi::audit
