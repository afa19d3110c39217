#include "services/device-registry/record_cache.h"

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::OwnerRow;
using store::FaultyStore;

class RecordCacheTest : public testing::Test {
 protected:
  void Store(const std::string& key, const std::string& owner,
             const std::string& tenant = "acme") {
    const auto partition = *store::Partition::Make(kService, tenant);
    OwnerRow row;
    row.set_schema(1);
    row.set_owner(owner);
    store::CommitRequest commit;
    commit.epoch = memory_.Get(partition, {})->epoch;
    commit.put = {{key, row.SerializeAsString()}};
    ASSERT_OK(memory_.Commit(partition, commit));
  }

  // The owner in the row, "" if there is no row.
  std::string Owner(const std::string& key,
                    const std::string& tenant = "acme") {
    const auto row = cache_.Get<OwnerRow>(tenant, key);
    EXPECT_OK(row);
    return row.ok() && *row != nullptr ? (*row)->owner() : "";
  }

  static v1::WatchEventsResponse Event(const std::string& resource) {
    v1::WatchEventsResponse event;
    event.set_tenant("acme");
    event.set_resource(resource);
    return event;
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  FaultyStore store_{memory_};
  RecordCache cache_{store_, clock_};
};

TEST_F(RecordCacheTest, ReadsWhatIsStored) {
  Store("device/d1", "ann");
  EXPECT_EQ(Owner("device/d1"), "ann");
}

TEST_F(RecordCacheTest, AsksTheStoreOnce) {
  Store("device/d1", "ann");
  EXPECT_EQ(Owner("device/d1"), "ann");
  store_.SetAway(true);
  EXPECT_EQ(Owner("device/d1"), "ann");
}

TEST_F(RecordCacheTest, RemembersThatNothingIsThere) {
  EXPECT_EQ(Owner("policy"), "");
  store_.SetAway(true);
  EXPECT_EQ(Owner("policy"), "");
}

TEST_F(RecordCacheTest, ReadsAgainWhenDropped) {
  Store("device/d1", "ann");
  EXPECT_EQ(Owner("device/d1"), "ann");
  Store("device/d1", "bob");
  cache_.Drop("acme", "device/d1");
  EXPECT_EQ(Owner("device/d1"), "bob");
}

TEST_F(RecordCacheTest, ReadsAgainAtTheEndOfItsLife) {
  Store("device/d1", "ann");
  EXPECT_EQ(Owner("device/d1"), "ann");
  Store("device/d1", "bob");
  clock_.Advance(absl::Seconds(5) - absl::Milliseconds(1));
  EXPECT_EQ(Owner("device/d1"), "ann");
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Owner("device/d1"), "bob");
}

TEST_F(RecordCacheTest, AJumpOfTheTimeOfDayKeepsNothingLonger) {
  Store("device/d1", "ann");
  EXPECT_EQ(Owner("device/d1"), "ann");
  Store("device/d1", "bob");
  clock_.Jump(-absl::Hours(1));
  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(Owner("device/d1"), "bob");
}

TEST_F(RecordCacheTest, KeepsTenantsApart) {
  Store("device/d1", "ann");
  Store("device/d1", "eve", "other");
  EXPECT_EQ(Owner("device/d1"), "ann");
  EXPECT_EQ(Owner("device/d1", "other"), "eve");
}

TEST_F(RecordCacheTest, AnEventDropsTheRowOfItsResource) {
  Store("gateway/g1", "ann");
  EXPECT_EQ(Owner("gateway/g1"), "ann");
  Store("gateway/g1", "bob");
  cache_.OnEvent(Event("gateways/g1"));
  EXPECT_EQ(Owner("gateway/g1"), "bob");
}

TEST_F(RecordCacheTest, AnEventAboutThePolicyDropsIt) {
  EXPECT_EQ(Owner("policy"), "");
  Store("policy", "bob");
  cache_.OnEvent(Event("policy"));
  EXPECT_EQ(Owner("policy"), "bob");
}

TEST_F(RecordCacheTest, AnEventAboutSomethingElseDropsNothing) {
  Store("gateway/g1", "ann");
  EXPECT_EQ(Owner("gateway/g1"), "ann");
  Store("gateway/g1", "bob");
  cache_.OnEvent(Event("gateways/g2"));
  cache_.OnEvent(Event("bindings/g1"));
  EXPECT_EQ(Owner("gateway/g1"), "ann");
}

TEST_F(RecordCacheTest, MissedEventsDropEverything) {
  Store("gateway/g1", "ann");
  EXPECT_EQ(Owner("gateway/g1"), "ann");
  Store("gateway/g1", "bob");
  cache_.OnEvent(absl::nullopt);
  EXPECT_EQ(Owner("gateway/g1"), "bob");
}

// Reads through the cache while a drop comes between its read of the store and
// its keeping of the row.
class DroppingStore : public store::Store {
 public:
  explicit DroppingStore(store::Store& inner) : inner_(inner) {}
  std::function<void()> after_get;

 private:
  absl::StatusOr<store::Snapshot> DoGet(const store::Partition& partition,
                                        const std::vector<std::string>& keys,
                                        absl::Duration timeout) override {
    auto snapshot = inner_.Get(partition, keys, timeout);
    if (after_get) after_get();
    return snapshot;
  }
  absl::StatusOr<store::Version> DoCommit(const store::Partition& partition,
                                          const store::CommitRequest& request,
                                          absl::Duration timeout) override {
    return inner_.Commit(partition, request, timeout);
  }
  absl::StatusOr<store::Page> DoScan(const store::Partition& partition,
                                     absl::string_view prefix,
                                     absl::string_view after, size_t limit,
                                     absl::Duration timeout) override {
    return inner_.Scan(partition, prefix, after, limit, timeout);
  }
  absl::Status DoPublish(const store::Partition& partition,
                         absl::string_view topic, absl::string_view payload,
                         absl::Duration timeout) override {
    return inner_.Publish(partition, topic, payload, timeout);
  }
  absl::StatusOr<std::unique_ptr<store::Subscription>> DoSubscribe(
      const store::Partition& partition, absl::string_view topic,
      std::function<void(const store::Hint&)> callback,
      absl::Duration timeout) override {
    return inner_.Subscribe(partition, topic, std::move(callback), timeout);
  }
  absl::StatusOr<absl::Time> DoNow(absl::Duration timeout) override {
    return inner_.Now(timeout);
  }

  store::Store& inner_;
};

TEST_F(RecordCacheTest, AReadThatADropOvertookIsNotKept) {
  Store("device/d1", "ann");
  DroppingStore store(memory_);
  RecordCache cache(store, clock_);
  bool dropped = false;
  store.after_get = [&] {
    if (dropped) return;
    dropped = true;
    Store("device/d1", "bob");
    cache.Drop("acme", "device/d1");
  };
  ASSERT_OK(cache.Get<OwnerRow>("acme", "device/d1"));
  ASSERT_OK_AND_ASSIGN(const auto row,
                       cache.Get<OwnerRow>("acme", "device/d1"));
  EXPECT_EQ(row->owner(), "bob");
}

TEST_F(RecordCacheTest, WhoeverComesDuringAReadGetsItsRow) {
  Store("device/d1", "ann");
  DroppingStore store(memory_);
  RecordCache cache(store, clock_);
  std::atomic<int> reads{0};
  std::atomic<int> callers{0};
  const auto get = [&] {
    ++callers;
    EXPECT_OK(cache.Get<OwnerRow>("acme", "device/d1"));
  };
  // The read of the first one ends after all have come.
  store.after_get = [&] {
    ++reads;
    while (callers < 8) std::this_thread::yield();
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(get);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(reads, 1);
}

TEST_F(RecordCacheTest, AnErrorIsNotKept) {
  Store("device/d1", "ann");
  store_.Fail(FaultyStore::Method::kGet, FaultyStore::Fault::kUnavailable);
  EXPECT_THAT(cache_.Get<OwnerRow>("acme", "device/d1"),
              HasReason(reason::kStoreUnavailable));
  EXPECT_EQ(Owner("device/d1"), "ann");
}

TEST_F(RecordCacheTest, ForgetsAllWhenItIsFull) {
  RecordCache::Options options;
  options.max_rows = 2;
  RecordCache cache(store_, clock_, options);
  for (const char* key : {"a", "b", "c"}) {
    ASSERT_OK(cache.Get<OwnerRow>("acme", key));
  }
  Store("a", "ann");
  ASSERT_OK_AND_ASSIGN(const auto row, cache.Get<OwnerRow>("acme", "a"));
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->owner(), "ann");
}

TEST_F(RecordCacheTest, AFailureIsNotRemembered) {
  store_.Fail(FaultyStore::Method::kGet, FaultyStore::Fault::kUnavailable);
  EXPECT_THAT(cache_.Get<OwnerRow>("acme", "device/d1"),
              HasReason(reason::kStoreUnavailable));
  Store("device/d1", "ann");
  EXPECT_EQ(Owner("device/d1"), "ann");
}

TEST_F(RecordCacheTest, ATenantThatIsNoIdHasNoRows) {
  EXPECT_THAT(cache_.Get<OwnerRow>("Acme", "device/d1"),
              HasReason(reason::kStorePartitionInvalid));
}

}  // namespace
}  // namespace u2fi::device_registry
