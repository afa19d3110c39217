#include "services/command-gate/owner_cache.h"

#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

// Counts reads, and holds them while it is shut.
class GatedStore : public store::Store {
 public:
  explicit GatedStore(store::Store& inner) : inner_(inner) {}

  void Shut() {
    MutexLock lock(mutex_);
    shut_ = true;
  }
  void Open() {
    MutexLock lock(mutex_);
    shut_ = false;
    changed_.NotifyAll();
  }
  void WaitForReads(int count) {
    MutexLock lock(mutex_);
    while (reads_ < count) changed_.Wait(mutex_);
  }
  int reads() {
    MutexLock lock(mutex_);
    return reads_;
  }
  void SetStatus(const absl::Status& status) {
    MutexLock lock(mutex_);
    status_ = status;
  }

 private:
  absl::StatusOr<store::Snapshot> DoGet(const store::Partition& partition,
                                        const std::vector<std::string>& keys,
                                        absl::Duration timeout) override {
    {
      MutexLock lock(mutex_);
      ++reads_;
      changed_.NotifyAll();
      while (shut_) changed_.Wait(mutex_);
      if (!status_.ok()) return status_;
    }
    return inner_.Get(partition, keys, timeout);
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
  Mutex mutex_;
  CondVar changed_;
  bool shut_ ABSL_GUARDED_BY(mutex_) = false;
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

class OwnerCacheTest : public testing::Test {
 protected:
  void Claim(const std::string& gateway = "g1") {
    GatewaySession session;
    session.tenant = "t1";
    session.gateway = gateway;
    GatewayDirectory writer(clock_, memory_, {"bbbb", "b:1"});
    ASSERT_OK(writer.Claim(session));
  }
  bool IsKnown(const std::string& gateway = "g1") {
    const auto found = cache_.Find("t1", gateway);
    EXPECT_OK(found);
    return found.ok() && found->has_value();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore memory_{clock_, random_};
  GatedStore store_{memory_};
  GatewayDirectory directory_{clock_, store_, {"aaaa", "a:1"}};
  OwnerCache cache_{clock_, directory_};
};

TEST_F(OwnerCacheTest, SaysWhatTheDirectorySays) {
  Claim();
  ASSERT_OK_AND_ASSIGN(const auto found, cache_.Find("t1", "g1"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->address, "b:1");
}

TEST_F(OwnerCacheTest, AnAnswerIsGivenAgainForASecond) {
  Claim();
  EXPECT_TRUE(IsKnown());
  clock_.Advance(OwnerCache::kKeptFor - absl::Milliseconds(1));
  EXPECT_TRUE(IsKnown());
  EXPECT_EQ(store_.reads(), 1);
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(IsKnown());
  EXPECT_EQ(store_.reads(), 2);
}

TEST_F(OwnerCacheTest, SoIsThatThereIsNone) {
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(IsKnown());
  EXPECT_EQ(store_.reads(), 1);
}

TEST_F(OwnerCacheTest, WhatIsForgottenIsAskedAgain) {
  EXPECT_FALSE(IsKnown());
  Claim();
  cache_.Forget("t1", "g1");
  EXPECT_TRUE(IsKnown());
}

TEST_F(OwnerCacheTest, ATenantIsForgottenAsAWhole) {
  EXPECT_FALSE(IsKnown("g1"));
  EXPECT_FALSE(IsKnown("g2"));
  Claim("g2");
  cache_.ForgetTenant("t");
  EXPECT_FALSE(IsKnown("g2"));
  cache_.ForgetTenant("t1");
  EXPECT_TRUE(IsKnown("g2"));
}

TEST_F(OwnerCacheTest, ErrorsAreNotKept) {
  store_.SetStatus(Error(reason::kStoreUnavailable, "away"));
  EXPECT_THAT(cache_.Find("t1", "g1"), HasReason(reason::kStoreUnavailable));
  store_.SetStatus(absl::OkStatus());
  EXPECT_FALSE(IsKnown());
}

TEST_F(OwnerCacheTest, ThoseWhoAskAtOnceShareOneLookUp) {
  Claim();
  store_.Shut();
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this] { EXPECT_TRUE(IsKnown()); });
  }
  store_.WaitForReads(1);
  store_.Open();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(store_.reads(), 1);
}

TEST_F(OwnerCacheTest, WhoAsksAfterAChangeDoesNotGetTheLookUpBeforeIt) {
  store_.Shut();
  std::thread before([this] { cache_.Find("t1", "g1").IgnoreError(); });
  store_.WaitForReads(1);
  cache_.Forget("t1", "g1");
  std::thread after([this] { EXPECT_TRUE(IsKnown()); });
  store_.WaitForReads(2);
  Claim();
  store_.Open();
  before.join();
  after.join();
  EXPECT_TRUE(IsKnown());
  EXPECT_EQ(store_.reads(), 2);
}

TEST_F(OwnerCacheTest, ItIsBounded) {
  EXPECT_FALSE(IsKnown("g0"));
  for (size_t i = 1; i <= OwnerCache::kMost; ++i) {
    EXPECT_FALSE(IsKnown("g" + std::to_string(i)));
  }
  const int before = store_.reads();
  EXPECT_FALSE(IsKnown("g0"));
  EXPECT_EQ(store_.reads(), before + 1);
}

}  // namespace
}  // namespace u2fi::command_gate
