#include "services/device-registry/deny_list.h"

#include "gmock/gmock.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DenyListTest : public testing::Test {
 protected:
  uint64_t Now() { return static_cast<uint64_t>(UnixMillis(clock_)); }
  absl::Status Deny(const std::string& gateway, bool fail_after = false) {
    return registry_.Decide("acme", [&](Change& change) -> absl::Status {
      RETURN_IF_ERROR(DenyGateway(change, Now(), gateway));
      change.Audit(RowAbout(audit::v1::ROW_KIND_ADMIN,
                            rpc::TestCaller("operator/acme/olga"),
                            {"gateways/" + gateway}));
      return fail_after ? absl::AbortedError("x") : absl::OkStatus();
    });
  }
  gateway::v1::Revocations List(const std::string& tenant = "acme") {
    const auto list = ReadDenyList(registry_, tenant);
    EXPECT_OK(list);
    return list.ok() ? *list : gateway::v1::Revocations();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  audit::ThreadExecutor executor_{1};
  audit::TenantDeciders deciders_{store_, clock_, random_, executor_, kService};
  EventBus events_{store_};
  RecordCache cache_{store_, clock_};
  TenantDirectory tenants_{store_};
  RegistryStore registry_{
      {store_, deciders_, clock_, random_, events_, cache_, tenants_}};
};

TEST_F(DenyListTest, IsEmptyAtFirst) {
  EXPECT_EQ(List().revision(), 0u);
  EXPECT_THAT(List().gateways(), IsEmpty());
}

TEST_F(DenyListTest, NumbersAreTimesAndGrow) {
  ASSERT_OK(Deny("gw-1"));
  EXPECT_EQ(List().revision(), Now());
  ASSERT_OK(Deny("gw-2"));
  EXPECT_EQ(List().revision(), Now() + 1);
  clock_.Advance(absl::Seconds(1));
  ASSERT_OK(Deny("gw-3"));
  EXPECT_EQ(List().revision(), Now());
  EXPECT_THAT(List().gateways(), ElementsAre("gw-1", "gw-2", "gw-3"));
}

// An agent that had the entry that was lost would not ask for the one that has
// come under its number.
TEST_F(DenyListTest, TheNumberOfALostEntryDoesNotComeAgain) {
  const auto backup = store_.TakeBackup();
  ASSERT_OK(Deny("gw-1"));
  const uint64_t lost = List().revision();
  store_.FailOverTo(backup);
  clock_.Advance(absl::Milliseconds(1));
  ASSERT_OK(Deny("gw-2"));
  EXPECT_NE(List().revision(), lost);
}

TEST_F(DenyListTest, KeepsItsOrderBeyondSixteenEntries) {
  std::vector<std::string> all;
  for (int i = 0; i < 20; ++i) {
    all.push_back("gw-" + std::to_string(i));
    ASSERT_OK(Deny(all.back()));
  }
  EXPECT_THAT(List().gateways(), testing::ElementsAreArray(all));
}

TEST_F(DenyListTest, IsOneTenantsOwn) {
  ASSERT_OK(Deny("gw-1"));
  EXPECT_THAT(List("other").gateways(), IsEmpty());
}

TEST_F(DenyListTest, NothingIsAddedByADecisionThatFails) {
  EXPECT_FALSE(Deny("gw-1", true).ok());
  EXPECT_EQ(List().revision(), 0u);
}

TEST_F(DenyListTest, TellsOfTheEntryAlone) {
  ASSERT_OK(Deny("gw-1"));
  Change change(store_, *store::Partition::Make(kService, "acme"));
  ASSERT_OK(DenyGateway(change, Now(), "gw-2"));
  ASSERT_EQ(change.events().size(), 1u);
  const v1::WatchEventsResponse& event = change.events()[0];
  EXPECT_EQ(event.kind(), v1::EVENT_KIND_REVOCATIONS);
  EXPECT_EQ(event.revocations().revision(), Now() + 1);
  EXPECT_EQ(event.revocations().since_revision(), Now());
  EXPECT_THAT(event.revocations().gateways(), ElementsAre("gw-2"));
}

}  // namespace
}  // namespace u2fi::device_registry
