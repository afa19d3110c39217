#include "services/common/audit/store_sink.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/keys.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

class StoreSinkTest : public testing::Test {
 protected:
  v1::SignedCheckpoint CheckpointAt(uint64_t sequence) {
    v1::Checkpoint checkpoint;
    *checkpoint.mutable_writer() = TestWriter();
    checkpoint.set_sequence(sequence);
    checkpoint.set_hash(std::string(32, 'h'));
    checkpoint.set_time_ms(1);
    return signer_.Sign(checkpoint);
  }
  std::string Incarnation() { return TestWriter().incarnation(); }
  store::Entry EntryAt(const std::string& key) {
    return memory_.Get(partition_, {key})->entries[0];
  }
  uint64_t Covered() {
    return CoveredInStore(store_, partition_, Incarnation()).value();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  store::FaultyStore store_{memory_};
  const store::Partition partition_ = TestPartition();
  const CheckpointSigner signer_{"audit-1", crypto::P256PrivateKey::Generate()};
  StoreSink sink_{store_};
};

TEST_F(StoreSinkTest, NothingIsCoveredAtFirst) { EXPECT_EQ(Covered(), 0u); }

TEST_F(StoreSinkTest, ACheckpointIsWrittenBesideItsRows) {
  const v1::SignedCheckpoint checkpoint = CheckpointAt(7);
  ASSERT_OK(sink_.Append({checkpoint}));
  EXPECT_EQ(EntryAt(RowKey(CheckpointPrefix(Incarnation()), 7)).value,
            checkpoint.SerializeAsString());
}

TEST_F(StoreSinkTest, TheLastCheckpointSaysWhatIsCovered) {
  ASSERT_OK(sink_.Append({CheckpointAt(7)}));
  ASSERT_OK(sink_.Append({CheckpointAt(9)}));
  EXPECT_EQ(Covered(), 9u);
}

TEST_F(StoreSinkTest, TheKeyIsWrittenWithWhatItSigned) {
  ASSERT_OK(sink_.Append({signer_.public_key(), CheckpointAt(7)}));
  EXPECT_EQ(EntryAt(AuditKeyKey("audit-1")).value, signer_.public_key().point);
}

TEST_F(StoreSinkTest, RowsAreThereAlready) {
  ASSERT_OK(sink_.Append({v1::AuditRow()}));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated), 0);
}

TEST_F(StoreSinkTest, ACheckpointIsDurable) {
  ASSERT_OK(sink_.Append({CheckpointAt(7)}));
  EXPECT_EQ(store_.SuccessfulCommits(store::Durability::kReplicated), 1);
}

TEST_F(StoreSinkTest, ACheckpointThatWasNotWrittenIsAnError) {
  store_.Fail(store::FaultyStore::Method::kCommit,
              store::FaultyStore::Fault::kUnknownNotApplied);
  EXPECT_THAT(sink_.Append({CheckpointAt(7)}),
              HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(StoreSinkTest, ACheckpointOutOfFormIsRefused) {
  v1::SignedCheckpoint checkpoint = CheckpointAt(7);
  checkpoint.set_kid("a key");
  EXPECT_THAT(sink_.Append({checkpoint}), HasReason(reason::kAuditFormat));
}

TEST_F(StoreSinkTest, ACheckpointThatCannotBeReadCoversNothing) {
  store::CommitRequest request;
  request.epoch = memory_.Get(partition_, {})->epoch;
  request.put = {{CoveredKey(Incarnation()), "\xff"}};
  ASSERT_OK(memory_.Commit(partition_, request));
  EXPECT_THAT(CoveredInStore(store_, partition_, Incarnation()),
              HasReason(reason::kAuditFormat));
}

}  // namespace
}  // namespace u2fi::audit
