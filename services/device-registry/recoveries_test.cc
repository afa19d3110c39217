#include "services/device-registry/recoveries.h"

#include "services/device-registry/registry_test_case.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

// What the registry keeps of the recoveries of alice. Ids ascend from the
// newest to the oldest.
class RecoveriesTest : public RegistryTestCase {
 protected:
  void SetUp() override { MakeAccount("alice"); }

  v1::TokenWord Word(const std::string& id, absl::Duration opens_in) {
    const int64_t open_ms =
        UnixMillis(clock_) + absl::ToInt64Milliseconds(opens_in);
    v1::TokenWord word;
    word.set_account("alice");
    v1::AccountRecovery& recovery = *word.mutable_recovery();
    recovery.set_recovery(id);
    *recovery.mutable_open_time() = ToTimestamp(open_ms);
    *recovery.mutable_expire_time() = ToTimestamp(open_ms + 3'600'000);
    return word;
  }
  static v1::TokenWord Cancelled(v1::TokenWord word) {
    word.mutable_recovery()->set_cancelled(true);
    return word;
  }
  // The id of the one that is open now; empty: none.
  std::string Open() {
    const auto partition = store::Partition::Make(kService, "acme");
    Change change(memory_, *partition);
    const auto open = OpenRecovery(change, "alice",
                                   static_cast<uint64_t>(UnixMillis(clock_)));
    EXPECT_OK(open);
    return open.ok() && open->has_value() ? (*open)->recovery() : "";
  }
};

TEST_F(RecoveriesTest, ALaterOneCountsThoughItOpensEarlier) {
  const v1::TokenWord slow = Word("r-2", absl::Hours(48));
  ASSERT_OK(Tell(slow));
  ASSERT_OK(Tell(Cancelled(slow)));
  ASSERT_OK(Tell(Word("r-1", absl::ZeroDuration())));
  EXPECT_EQ(Open(), "r-1");
}

TEST_F(RecoveriesTest, AWordAboutAnEarlierOneComesTooLate) {
  ASSERT_OK(Tell(Cancelled(Word("r-1", -absl::Minutes(2)))));
  ASSERT_OK(Tell(Word("r-2", absl::ZeroDuration())));
  EXPECT_EQ(Open(), "");
}

TEST_F(RecoveriesTest, AWordAboutAnEarlierOneDoesNotStopTheLater) {
  ASSERT_OK(Tell(Word("r-1", absl::ZeroDuration())));
  ASSERT_OK(Tell(Cancelled(Word("r-2", absl::Hours(48)))));
  EXPECT_EQ(Open(), "r-1");
}

}  // namespace
}  // namespace u2fi::device_registry
