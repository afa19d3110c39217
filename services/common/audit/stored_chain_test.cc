#include "services/common/audit/stored_chain.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/chain_writer.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/store_sink.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

using testing::ElementsAre;

class StoredChainTest : public testing::Test {
 protected:
  void Write(int count) {
    std::vector<RowId> ids;
    ASSERT_OK(writer_.Ready(Epoch()));
    for (int i = 0; i < count; ++i) {
      store::CommitRequest request;
      const PreparedRow row = TestRow();
      ASSERT_OK(writer_.Commit(request, {&row}, ids));
    }
  }
  void Cover(uint64_t sequence) {
    v1::Checkpoint checkpoint;
    *checkpoint.mutable_writer() = TestWriter();
    checkpoint.set_sequence(sequence);
    checkpoint.set_hash(std::string(32, 'h'));
    checkpoint.set_time_ms(1);
    ASSERT_OK(StoreSink(store_).Append({signer_.Sign(checkpoint)}));
  }
  void Put(const std::string& key, const std::string& value) {
    store::CommitRequest request;
    request.epoch = Epoch();
    request.put = {{key, value}};
    ASSERT_OK(store_.Commit(partition_, request));
  }
  store::Epoch Epoch() { return store_.Get(partition_, {})->epoch; }

  // "1 2 c2": rows by number, checkpoints with a c.
  std::vector<std::string> Next(StoredChain& chain, size_t limit = 100) {
    const auto records = chain.Next(limit);
    EXPECT_OK(records);
    std::vector<std::string> names;
    for (const ExportRecord& record : *records) names.push_back(Name(record));
    return names;
  }
  static std::string Name(const ExportRecord& record) {
    if (const auto* row = std::get_if<v1::AuditRow>(&record)) {
      return std::to_string(ParseRow(row->SerializeAsString())->id.sequence);
    }
    const auto& checkpoint = std::get<v1::SignedCheckpoint>(record);
    return "c" + std::to_string(CheckCheckpoint(checkpoint)->row.sequence);
  }
  StoredChain Chain(uint64_t after = 0) {
    return StoredChain(store_, partition_, TestWriter(), after);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  const store::Partition partition_ = TestPartition();
  RowTail tail_;
  ChainWriter writer_{
      store_, clock_, random_, tail_, {partition_, TestWriter(), {}}};
  const CheckpointSigner signer_{"k1", crypto::P256PrivateKey::Generate()};
};

TEST_F(StoredChainTest, AnEmptyChainHasNothing) {
  StoredChain chain = Chain();
  EXPECT_THAT(Next(chain), ElementsAre());
}

TEST_F(StoredChainTest, RowsComeInOrder) {
  Write(3);
  StoredChain chain = Chain();
  EXPECT_THAT(Next(chain), ElementsAre("1", "2", "3"));
}

TEST_F(StoredChainTest, ACheckpointComesAfterItsLastRow) {
  Write(3);
  Cover(2);
  StoredChain chain = Chain();
  EXPECT_THAT(Next(chain), ElementsAre("1", "2", "c2", "3"));
}

TEST_F(StoredChainTest, ACheckpointWaitsForItsRow) {
  Write(3);
  Cover(3);
  StoredChain chain = Chain();
  EXPECT_THAT(Next(chain, 2), ElementsAre("1", "2"));
  EXPECT_THAT(Next(chain, 2), ElementsAre("3", "c3"));
}

TEST_F(StoredChainTest, ACheckpointThatComesLateIsGivenAlone) {
  Write(1);
  StoredChain chain = Chain();
  EXPECT_THAT(Next(chain), ElementsAre("1"));
  Cover(1);
  EXPECT_THAT(Next(chain), ElementsAre("c1"));
}

TEST_F(StoredChainTest, NewRowsComeLater) {
  Write(1);
  StoredChain chain = Chain();
  Next(chain);
  Write(1);
  EXPECT_THAT(Next(chain), ElementsAre("2"));
}

TEST_F(StoredChainTest, ManyCheckpointsAllCome) {
  Write(150);
  for (uint64_t i = 1; i <= 150; ++i) Cover(i);
  StoredChain chain = Chain();
  EXPECT_EQ(Next(chain, 500).size(), 300u);
}

TEST_F(StoredChainTest, BeginsAfterARow) {
  Write(3);
  Cover(2);
  Cover(3);
  StoredChain chain = Chain(2);
  EXPECT_THAT(Next(chain), ElementsAre("3", "c3"));
}

TEST_F(StoredChainTest, GoesOnAfterWhatWasSkipped) {
  Write(4);
  StoredChain chain = Chain();
  chain.SkipTo(3);
  EXPECT_THAT(Next(chain), ElementsAre("4"));
  EXPECT_EQ(chain.last(), 4u);
}

TEST_F(StoredChainTest, ARowThatCannotBeReadIsAnError) {
  Put(RowKey(RowPrefix(TestWriter().incarnation()), 1), "\xff");
  StoredChain chain = Chain();
  EXPECT_THAT(chain.Next(1), HasReason(reason::kAuditFormat));
}

TEST_F(StoredChainTest, ACheckpointThatCannotBeReadIsAnError) {
  Put(RowKey(CheckpointPrefix(TestWriter().incarnation()), 1), "\xff");
  StoredChain chain = Chain();
  EXPECT_THAT(chain.Next(1), HasReason(reason::kAuditFormat));
}

}  // namespace
}  // namespace u2fi::audit
