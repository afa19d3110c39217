#include "services/common/store/memory_store.h"

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

// What all engines promise is in tests/contract/store; here is what only this
// one can do.
class MemoryStoreTest : public testing::Test {
 protected:
  absl::Status Write(const Epoch& epoch, const std::string& value) {
    return store_.Commit(partition_, {epoch, {}, {{"k", value}}}).status();
  }
  Snapshot Read() { return store_.Get(partition_, {"k"}).value(); }

  FakeClock clock_;
  FakeRandomSource random_;
  MemoryStore store_{clock_, random_};
  const Partition partition_ = Partition::Make("gate", "acme").value();
};

TEST_F(MemoryStoreTest, ARestartKeepsTheDataAndChangesTheEpoch) {
  const Epoch old = Read().epoch;
  ASSERT_OK(Write(old, "v"));
  store_.Restart();
  EXPECT_EQ(Read().entries[0].value, "v");
  EXPECT_THAT(Write(old, "w"), HasReason(reason::kStoreEpochChanged));
}

TEST_F(MemoryStoreTest, AFailoverLosesWhatTheReplicaDidNotKnow) {
  ASSERT_OK(Write(Read().epoch, "old"));
  const MemoryStore::Backup replica = store_.TakeBackup();
  ASSERT_OK(Write(Read().epoch, "acknowledged"));
  store_.FailOverTo(replica);
  EXPECT_EQ(Read().entries[0].value, "old");
}

TEST_F(MemoryStoreTest, AFailoverToldSubscribersToReadAgain) {
  int told = 0;
  const auto subscription = store_.Subscribe(
      partition_, "t",
      [&](const Hint& hint) { told += hint.read_again ? 1 : 0; });
  ASSERT_OK(subscription);
  store_.Restart();
  store_.FlushHints();
  EXPECT_EQ(told, 1);
}

TEST_F(MemoryStoreTest, NowIsTheInjectedClock) {
  clock_.Advance(absl::Hours(3));
  EXPECT_THAT(store_.Now(), IsOkAndHolds(clock_.Now()));
}

}  // namespace
}  // namespace u2fi::store
