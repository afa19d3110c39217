#include "services/device-registry/tenant_directory.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::device_registry {
namespace {

using store::FaultyStore;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TenantDirectoryTest : public testing::Test {
 protected:
  int Commits() {
    return store_.SuccessfulCommits(store::Durability::kReplicated);
  }

  store::Epoch Epoch() {
    const auto read = memory_.Get(*SharedPartition(), {});
    EXPECT_OK(read);
    return read.ok() ? read->epoch : "";
  }
  absl::Status Remember(absl::string_view tenant) {
    return directory_.Remember(tenant, Epoch());
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  FaultyStore store_{memory_};
  TenantDirectory directory_{store_};
};

TEST_F(TenantDirectoryTest, KnowsNobodyAtFirst) {
  EXPECT_THAT(directory_.List(), IsOkAndHolds(IsEmpty()));
}

TEST_F(TenantDirectoryTest, ListsWhoWasRemembered) {
  ASSERT_OK(Remember("beta"));
  ASSERT_OK(Remember("acme"));
  EXPECT_THAT(directory_.List(), IsOkAndHolds(ElementsAre("acme", "beta")));
}

TEST_F(TenantDirectoryTest, SurvivesARestart) {
  ASSERT_OK(Remember("acme"));
  TenantDirectory next(store_);
  EXPECT_THAT(next.List(), IsOkAndHolds(ElementsAre("acme")));
}

TEST_F(TenantDirectoryTest, WritesATenantOnce) {
  ASSERT_OK(Remember("acme"));
  ASSERT_OK(Remember("acme"));
  TenantDirectory next(store_);
  ASSERT_OK(next.Remember("acme", Epoch()));
  EXPECT_EQ(Commits(), 1);
}

TEST_F(TenantDirectoryTest, AsksTheStoreOnce) {
  ASSERT_OK(Remember("acme"));
  store_.SetAway(true);
  EXPECT_OK(Remember("acme"));
}

TEST_F(TenantDirectoryTest, ATenantThatWasNotWrittenIsNotKnown) {
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  EXPECT_THAT(Remember("acme"), HasReason(reason::kStoreUnavailable));
  ASSERT_OK(Remember("acme"));
  EXPECT_THAT(directory_.List(), IsOkAndHolds(ElementsAre("acme")));
}

TEST_F(TenantDirectoryTest, WritesAgainWhatTheStoreForgot) {
  const auto backup = memory_.TakeBackup();
  ASSERT_OK(Remember("acme"));
  memory_.FailOverTo(backup);
  ASSERT_OK(Remember("acme"));
  EXPECT_THAT(directory_.List(), IsOkAndHolds(ElementsAre("acme")));
}

TEST_F(TenantDirectoryTest, ListsMoreThanAPage) {
  for (int i = 0; i < 1001; ++i) {
    ASSERT_OK(Remember(absl::StrFormat("t%04d", i)));
  }
  ASSERT_OK_AND_ASSIGN(const auto tenants, directory_.List());
  EXPECT_EQ(tenants.size(), 1001u);
  EXPECT_EQ(tenants.back(), "t1000");
}

}  // namespace
}  // namespace u2fi::device_registry
