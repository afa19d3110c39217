#include "services/device-registry/registry_store.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "services/device-registry/requests.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::OwnerRow;
using store::FaultyStore;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RegistryStoreTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(events_.Start()); }

  // Puts `owner` under the key, with a row and an event.
  static absl::Status PutOwner(Change& change, const std::string& key,
                               const std::string& owner) {
    OwnerRow row;
    row.set_owner(owner);
    change.Put(key, std::move(row));
    change.Audit(RowAbout(audit::v1::ROW_KIND_ADMIN,
                          rpc::TestCaller("operator/acme/olga"),
                          {"devices/" + owner}));
    change.Announce(v1::EVENT_KIND_DEVICE, "devices/" + owner);
    return absl::OkStatus();
  }

  void Write(const std::string& key, const std::string& owner) {
    ASSERT_OK(registry_.Decide(
        "acme", [&](Change& change) { return PutOwner(change, key, owner); }));
  }

  // What another replica does in the meantime.
  void WriteElsewhere(const std::string& key, const std::string& owner) {
    audit::TenantDeciders deciders(memory_, clock_, random_, executor_,
                                   kService);
    RegistryStore replica(
        {memory_, deciders, clock_, random_, events_, cache_, tenants_});
    ASSERT_OK(replica.Decide(
        "acme", [&](Change& change) { return PutOwner(change, key, owner); }));
  }

  std::string OwnerOf(const std::string& key) {
    const auto row = registry_.Get<OwnerRow>("acme", key);
    EXPECT_OK(row);
    return row.ok() && row->has_value() ? (*row)->owner() : "";
  }

  // A page of the owners under "o/", and what follows.
  std::pair<std::vector<std::string>, std::string> List(
      int size, const std::string& token, const std::string& filter = "") {
    const ListQuery query{"o/", size, token, filter};
    const auto page =
        registry_.List<OwnerRow>("acme", query, [&filter](const OwnerRow& row) {
          return filter.empty() || row.owner() == filter;
        });
    EXPECT_OK(page);
    std::vector<std::string> owners;
    if (!page.ok()) return {owners, ""};
    for (const OwnerRow& row : page->first) owners.push_back(row.owner());
    return {owners, page->second};
  }

  int Commits() {
    return store_.SuccessfulCommits(store::Durability::kReplicated);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  FaultyStore store_{memory_};
  audit::ThreadExecutor executor_{1};
  audit::TenantDeciders deciders_{store_, clock_, random_, executor_, kService};
  EventBus events_{store_};
  RecordCache cache_{store_, clock_};
  TenantDirectory tenants_{store_};
  RegistryStore registry_{
      {store_, deciders_, clock_, random_, events_, cache_, tenants_}};
};

TEST_F(RegistryStoreTest, KeepsWhatWasDecided) {
  Write("o/a", "ann");
  EXPECT_EQ(OwnerOf("o/a"), "ann");
}

TEST_F(RegistryStoreTest, ADecisionIsOneCommitWithItsRow) {
  Write("o/a", "ann");
  const int commits = Commits();
  Write("o/b", "bob");
  EXPECT_EQ(Commits(), commits + 1);
  const auto partition = *store::Partition::Make(kService, "acme");
  EXPECT_EQ(memory_.Scan(partition, "audit/row/", "", 10)->items.size(), 2u);
}

TEST_F(RegistryStoreTest, NothingHappensWithoutARow) {
  const absl::Status status = registry_.Decide("acme", [](Change& change) {
    change.Put("o/a", OwnerRow());
    return absl::OkStatus();
  });
  EXPECT_THAT(status, HasReason(reason::kAuditFormat));
  ASSERT_OK_AND_ASSIGN(const auto row, registry_.Get<OwnerRow>("acme", "o/a"));
  EXPECT_FALSE(row.has_value());
}

TEST_F(RegistryStoreTest, AnErrorOfTheBodyChangesNothing) {
  const absl::Status status =
      registry_.Decide("acme", [](Change& change) -> absl::Status {
        RETURN_IF_ERROR(PutOwner(change, "o/a", "ann"));
        return UnknownResource("sites/x");
      });
  EXPECT_THAT(status, HasReason(reason::kResourceUnknown));
  EXPECT_EQ(Commits(), 0);
}

TEST_F(RegistryStoreTest, AChangeThatWritesNothingCommitsNothing) {
  ASSERT_OK(registry_.Decide("acme", [](Change& change) {
    return change.Read<OwnerRow>("o/a").status();
  }));
  EXPECT_EQ(Commits(), 0);
}

TEST_F(RegistryStoreTest, DecidesAnewWhenItLostARace) {
  Write("o/a", "ann");
  int runs = 0;
  ASSERT_OK(registry_.Decide("acme", [&](Change& change) -> absl::Status {
    if (++runs == 1) {
      store_.BeforeNextCommit([this] { WriteElsewhere("o/a", "bob"); });
    }
    ASSIGN_OR_RETURN(const auto row, change.Read<OwnerRow>("o/a"));
    return PutOwner(change, "o/a", row->owner() + "-2");
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(OwnerOf("o/a"), "bob-2");
}

TEST_F(RegistryStoreTest, GivesUpWhenItLosesAgainAndAgain) {
  Write("o/a", "ann");
  int runs = 0;
  const absl::Status status =
      registry_.Decide("acme", [&](Change& change) -> absl::Status {
        ++runs;
        store_.Fail(FaultyStore::Method::kCommit,
                    FaultyStore::Fault::kEpochChanged);
        RETURN_IF_ERROR(change.Read<OwnerRow>("o/a").status());
        return PutOwner(change, "o/a", "bob");
      });
  EXPECT_THAT(status, HasReason(reason::kStoreEpochChanged));
  EXPECT_EQ(runs, 8);
  EXPECT_EQ(OwnerOf("o/a"), "ann");
}

TEST_F(RegistryStoreTest, AnUnknownOutcomeIsNotTriedAgain) {
  Write("o/a", "ann");
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownNotApplied);
  const absl::Status status =
      registry_.Decide("acme", [](Change& change) -> absl::Status {
        return PutOwner(change, "o/a", "bob");
      });
  EXPECT_THAT(status, HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(RegistryStoreTest, OwnWritesAreSeenAtOnceInTheCache) {
  Write("o/a", "ann");
  ASSERT_OK(registry_.GetCached<OwnerRow>("acme", "o/a"));
  Write("o/a", "bob");
  ASSERT_OK_AND_ASSIGN(const auto row,
                       registry_.GetCached<OwnerRow>("acme", "o/a"));
  EXPECT_EQ(row->owner(), "bob");
}

TEST_F(RegistryStoreTest, AWriteWithUnknownOutcomeIsNotCachedAway) {
  Write("o/a", "ann");
  ASSERT_OK(registry_.GetCached<OwnerRow>("acme", "o/a"));
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  EXPECT_FALSE(
      registry_
          .Decide("acme",
                  [](Change& change) { return PutOwner(change, "o/a", "bob"); })
          .ok());
  ASSERT_OK_AND_ASSIGN(const auto row,
                       registry_.GetCached<OwnerRow>("acme", "o/a"));
  EXPECT_EQ(row->owner(), "bob");
}

TEST_F(RegistryStoreTest, TellsOfADecisionWithTenantAndTime) {
  std::vector<v1::WatchEventsResponse> heard;
  const auto watch = events_.Subscribe(
      {}, [&](const EventBus::Event& event) { heard.push_back(*event); });
  Write("o/a", "ann");
  memory_.FlushHints();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].tenant(), "acme");
  EXPECT_EQ(heard[0].resource(), "devices/ann");
  EXPECT_EQ(ToMillis(heard[0].time()), UnixMillis(clock_));
}

TEST_F(RegistryStoreTest, TellsNothingOfADecisionThatFailed) {
  std::vector<v1::WatchEventsResponse> heard;
  const auto watch = events_.Subscribe(
      {}, [&](const EventBus::Event& event) { heard.push_back(*event); });
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  EXPECT_FALSE(
      registry_
          .Decide("acme",
                  [](Change& change) { return PutOwner(change, "o/a", "ann"); })
          .ok());
  memory_.FlushHints();
  EXPECT_THAT(heard, IsEmpty());
}

// Else a revocation that is there would be heard of by nobody: asked again, it
// is no change any more.
TEST_F(RegistryStoreTest, TellsOfADecisionWhoseOutcomeIsUnknown) {
  Write("o/a", "ann");
  memory_.FlushHints();
  std::vector<v1::WatchEventsResponse> heard;
  const auto watch = events_.Subscribe(
      {}, [&](const EventBus::Event& event) { heard.push_back(*event); });
  store_.Fail(FaultyStore::Method::kCommit,
              FaultyStore::Fault::kUnknownApplied);
  EXPECT_THAT(registry_.Decide("acme",
                               [](Change& change) {
                                 return PutOwner(change, "o/b", "bob");
                               }),
              HasReason(reason::kStoreOutcomeUnknown));
  memory_.FlushHints();
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_EQ(heard[0].resource(), "devices/bob");
}

TEST_F(RegistryStoreTest, RemembersTheTenantBeforeItsFirstCommit) {
  store_.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable,
              2);
  EXPECT_FALSE(
      registry_
          .Decide("acme",
                  [](Change& change) { return PutOwner(change, "o/a", "ann"); })
          .ok());
  EXPECT_THAT(tenants_.List(), IsOkAndHolds(ElementsAre("acme")));
}

TEST_F(RegistryStoreTest, RefusesATenantThatIsNoId) {
  EXPECT_THAT(registry_.Decide("A", [](Change&) { return absl::OkStatus(); }),
              HasReason(reason::kStorePartitionInvalid));
}

TEST_F(RegistryStoreTest, RequireNamesWhatIsMissing) {
  EXPECT_THAT(registry_.Require<OwnerRow>("acme", "o/a", "devices/a"),
              HasReason(reason::kResourceUnknown));
}

TEST_F(RegistryStoreTest, ListsInPages) {
  for (const char* owner : {"a", "b", "c"}) {
    Write(absl::StrCat("o/", owner), owner);
  }
  const auto first = List(2, "");
  EXPECT_THAT(first.first, ElementsAre("a", "b"));
  ASSERT_FALSE(first.second.empty());
  const auto second = List(2, first.second);
  EXPECT_THAT(second.first, ElementsAre("c"));
  EXPECT_TRUE(second.second.empty());
}

TEST_F(RegistryStoreTest, AFullLastPageHasNoToken) {
  Write("o/a", "a");
  Write("o/b", "b");
  const auto page = List(2, "");
  EXPECT_EQ(page.first.size(), 2u);
  EXPECT_TRUE(page.second.empty());
}

TEST_F(RegistryStoreTest, FillsAPageFromWhatTheFilterLetsThrough) {
  for (int i = 0; i < 10; ++i) {
    Write(absl::StrFormat("o/%02d", i), i % 2 == 0 ? "even" : "odd");
  }
  const auto page = List(3, "", "odd");
  EXPECT_THAT(page.first, ElementsAre("odd", "odd", "odd"));
  EXPECT_THAT(List(3, page.second, "odd").first, ElementsAre("odd", "odd"));
}

// Else one request with small pages is as many to the store as there are rows.
TEST_F(RegistryStoreTest, ASmallPageThatLittleFitsIntoCostsFewScans) {
  for (int i = 0; i < 50; ++i) Write(absl::StrFormat("o/%02d", i), "other");
  Write("o/99", "mine");
  store_.Fail(FaultyStore::Method::kScan, FaultyStore::Fault::kUnavailable, 3);
  const auto page = List(1, "", "mine");
  EXPECT_THAT(page.first, ElementsAre("mine"));
  EXPECT_TRUE(page.second.empty());
}

TEST_F(RegistryStoreTest, ATokenIsGoodForTheSameFilterOnly) {
  Write("o/a", "a");
  Write("o/b", "b");
  const std::string token = List(1, "").second;
  const ListQuery query{"o/", 1, token, "another"};
  EXPECT_THAT(registry_.List<OwnerRow>("acme", query,
                                       [](const OwnerRow&) { return true; }),
              HasReason(reason::kPageTokenInvalid));
}

TEST_F(RegistryStoreTest, ATokenIsGoodForTheSameTenantOnly) {
  Write("o/a", "a");
  Write("o/b", "b");
  const ListQuery query{"o/", 1, List(1, "").second, ""};
  EXPECT_THAT(registry_.List<OwnerRow>("other", query,
                                       [](const OwnerRow&) { return true; }),
              HasReason(reason::kPageTokenInvalid));
}

TEST_F(RegistryStoreTest, RefusesANegativePageSize) {
  const ListQuery query{"o/", -1, "", ""};
  EXPECT_THAT(registry_.List<OwnerRow>("acme", query,
                                       [](const OwnerRow&) { return true; }),
              HasReason(reason::kInvalidField));
}

TEST_F(RegistryStoreTest, ReadAllRefusesALongerList) {
  Write("o/a", "a");
  Write("o/b", "b");
  EXPECT_EQ(registry_.ReadAll<OwnerRow>("acme", "o/", 2)->size(), 2u);
  EXPECT_THAT(registry_.ReadAll<OwnerRow>("acme", "o/", 1),
              HasReason(reason::kStoreLimit));
}

TEST_F(RegistryStoreTest, FirstKeysAscend) {
  Write("o/b", "b");
  Write("o/a", "a");
  EXPECT_THAT(registry_.FirstKeys("acme", "o/", 10),
              IsOkAndHolds(ElementsAre("o/a", "o/b")));
  EXPECT_THAT(registry_.FirstKeys("acme", "o/", 1),
              IsOkAndHolds(ElementsAre("o/a")));
}

}  // namespace
}  // namespace u2fi::device_registry
