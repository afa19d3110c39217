// What every engine promises (services/common/store/store.h), tested on each.
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "tests/contract/store/engines.h"
#include "tests/contract/store/store_client.h"

namespace u2fi::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Engine {
  std::string name;
  std::unique_ptr<TestEngine> (*make)();
};

// Engines are started once; every test has a tenant of its own.
class ContractTest : public testing::TestWithParam<Engine> {
 protected:
  static void TearDownTestSuite() { Started().clear(); }
  static std::map<std::string, std::unique_ptr<TestEngine>>& Started() {
    static auto* const started =
        new std::map<std::string, std::unique_ptr<TestEngine>>;
    return *started;
  }

  ContractTest() {
    static int tests = 0;
    partition_ = Partition::Make("gate", absl::StrCat("t", ++tests)).value();
    std::unique_ptr<TestEngine>& engine = Started()[GetParam().name];
    if (engine == nullptr) engine = GetParam().make();
    engine_ = engine.get();
  }
  Store& store() { return engine_->store(); }
  StoreClient client() { return StoreClient(store(), partition_); }
  StoreClient other() { return StoreClient(engine_->other(), partition_); }
  std::vector<std::string> Scan(const std::string& prefix,
                                const std::string& after, size_t limit) {
    std::vector<std::string> keys;
    const Page page = store().Scan(partition_, prefix, after, limit).value();
    for (const Item& item : page.items) keys.push_back(item.key);
    if (page.more) keys.push_back("…");
    return keys;
  }
  void WriteAll(const std::vector<std::string>& keys) {
    CommitRequest request;
    request.epoch = client().epoch();
    for (const std::string& key : keys) request.put.push_back({key, key});
    ASSERT_OK(client().Commit(request));
  }

  TestEngine* engine_;
  Partition partition_ = Partition::Make("gate", "acme").value();
};

INSTANTIATE_TEST_SUITE_P(Engines, ContractTest,
                         testing::Values(Engine{"Memory", MakeMemoryEngine},
                                         Engine{"Sqlite", MakeSqliteEngine},
                                         Engine{"Redis", MakeRedisEngine},
                                         Engine{"Valkey", MakeValkeyEngine}),
                         [](const auto& info) { return info.param.name; });

// --- reading and writing

TEST_P(ContractTest, AMissingKeyIsAbsent) {
  const Entry entry = client().Read("nothing");
  EXPECT_FALSE(entry.exists());
  EXPECT_EQ(entry.version, kAbsent);
  EXPECT_EQ(entry.value, "");
}

TEST_P(ContractTest, EveryClientReadsWhatWasCommitted) {
  for (Durability durability :
       {Durability::kVolatile, Durability::kDurable, Durability::kReplicated}) {
    const std::string value = absl::StrCat(static_cast<int>(durability));
    ASSERT_OK_AND_ASSIGN(const Version version,
                         client().Write("k", value, durability));
    const Entry entry = other().Read("k");
    EXPECT_EQ(entry.value, value);
    EXPECT_EQ(entry.version, version);
  }
}

TEST_P(ContractTest, EntriesComeInTheOrderOfTheKeys) {
  WriteAll({"a", "b"});
  ASSERT_OK_AND_ASSIGN(const Snapshot snapshot,
                       store().Get(partition_, {"b", "x", "a", "b"}));
  ASSERT_EQ(snapshot.entries.size(), 4u);
  EXPECT_EQ(snapshot.entries[0].value, "b");
  EXPECT_FALSE(snapshot.entries[1].exists());
  EXPECT_EQ(snapshot.entries[2].value, "a");
  EXPECT_EQ(snapshot.entries[3].value, "b");
}

TEST_P(ContractTest, ValuesAreBytes) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all.push_back(static_cast<char>(byte));
  ASSERT_OK(client().Write("all", all));
  ASSERT_OK(client().Write("empty", ""));
  EXPECT_EQ(client().Value("all"), all);
  EXPECT_TRUE(client().Read("empty").exists());
  EXPECT_EQ(client().Value("empty"), "");
}

TEST_P(ContractTest, KeysDifferInCase) {
  WriteAll({"k"});
  EXPECT_FALSE(client().Read("K").exists());
}

TEST_P(ContractTest, TenantsAndServicesDoNotSeeEachOther) {
  WriteAll({"k"});
  for (const Partition& apart :
       {Partition::Make("gate", partition_.tenant() + "0").value(),
        Partition::Make("audit", partition_.tenant()).value()}) {
    EXPECT_FALSE(StoreClient(store(), apart).Read("k").exists());
    EXPECT_THAT(store().Scan(apart, "", "", 10).value().items, IsEmpty());
  }
}

TEST_P(ContractTest, RemovingTakesAKeyAwayAndNeedsNoKey) {
  WriteAll({"k"});
  EXPECT_THAT(client().Remove({"k", "never-there"}), IsOkAndHolds(kAbsent));
  EXPECT_FALSE(client().Read("k").exists());
  EXPECT_THAT(Scan("", "", 10), IsEmpty());
}

TEST_P(ContractTest, NowIsTheTimeOfDay) {
  ASSERT_OK_AND_ASSIGN(const absl::Time now, store().Now());
  EXPECT_LT(absl::AbsDuration(now - absl::Now()), absl::Seconds(5));
}

// --- versions and conditions

TEST_P(ContractTest, VersionsOfAPartitionOnlyGrow) {
  ASSERT_OK_AND_ASSIGN(const Version first, client().Write("a", "1"));
  ASSERT_OK_AND_ASSIGN(const Version second, client().Write("b", "1"));
  ASSERT_OK_AND_ASSIGN(const Version third, client().Write("a", "2"));
  EXPECT_GT(first, kAbsent);
  EXPECT_GT(second, first);
  EXPECT_GT(third, second);
}

TEST_P(ContractTest, AKeyMadeAgainHasAnotherVersion) {
  ASSERT_OK_AND_ASSIGN(const Version first, client().Write("k", "same"));
  ASSERT_OK(client().Remove({"k"}));
  ASSERT_OK_AND_ASSIGN(const Version second, client().Write("k", "same"));
  EXPECT_GT(second, first);
  EXPECT_THAT(client().Replace(client().epoch(), "k", first, "x"),
              HasReason(reason::kStoreAborted));
}

TEST_P(ContractTest, AnExpectationThatHoldsLetsTheCommitThrough) {
  const Epoch epoch = client().epoch();
  ASSERT_OK_AND_ASSIGN(const Version version,
                       client().Replace(epoch, "k", kAbsent, "1"));
  EXPECT_OK(client().Replace(epoch, "k", version, "2"));
  EXPECT_EQ(client().Value("k"), "2");
}

TEST_P(ContractTest, AFailedExpectationIsNamedAndNothingIsWritten) {
  WriteAll({"a", "b"});
  const Version version = client().Read("a").version;
  const absl::Status aborted = client()
                                   .Commit({client().epoch(),
                                            {{"a", version}, {"b", kAbsent}},
                                            {{"a", "x"}, {"c", "x"}},
                                            {"b"}})
                                   .status();
  EXPECT_THAT(aborted, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(aborted)["key"], "b");
  EXPECT_EQ(client().Value("a"), "a");
  EXPECT_EQ(client().Value("b"), "b");
  EXPECT_FALSE(client().Read("c").exists());
}

TEST_P(ContractTest, ACommitMayOnlyCompare) {
  WriteAll({"k"});
  const Version version = client().Read("k").version;
  EXPECT_THAT(client().Commit({client().epoch(), {{"k", version}}}),
              IsOkAndHolds(kAbsent));
  EXPECT_THAT(client().Commit({client().epoch(), {{"k", version + 1}}}),
              HasReason(reason::kStoreAborted));
}

TEST_P(ContractTest, AnotherEpochIsRefusedAndNothingIsWritten) {
  EXPECT_THAT(client().Commit({Epoch(40, 'e'), {}, {{"k", "v"}}}),
              HasReason(reason::kStoreEpochChanged));
  EXPECT_FALSE(client().Read("k").exists());
}

TEST_P(ContractTest, TheEpochIs20BytesInHexAndTheSameForAll) {
  const Epoch epoch = client().epoch();
  EXPECT_THAT(epoch, testing::MatchesRegex("[0-9a-f]{40}"));
  EXPECT_EQ(other().epoch(), epoch);
  EXPECT_EQ(store().Scan(partition_, "", "", 1).value().epoch, epoch);
}

// --- races

TEST_P(ContractTest, OfConcurrentConsumersExactlyOneWins) {
  constexpr int kConsumers = 8, kRounds = 10;
  for (int round = 0; round < kRounds; ++round) {
    const std::string key = absl::StrCat("challenge", round);
    WriteAll({key});
    const Epoch epoch = client().epoch();
    const Version version = client().Read(key).version;
    std::atomic<int> won{0}, lost{0};
    std::vector<std::thread> consumers;
    consumers.reserve(kConsumers);
    for (int i = 0; i < kConsumers; ++i) {
      consumers.emplace_back([&, i] {
        StoreClient mine = i % 2 == 0 ? client() : other();
        const absl::Status status =
            mine.Replace(epoch, key, version, "consumed").status();
        (status.ok() ? won : lost) += 1;
        EXPECT_TRUE(status.ok() || IsReason(status, reason::kStoreAborted));
      });
    }
    for (std::thread& consumer : consumers) consumer.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(lost, kConsumers - 1);
  }
}

TEST_P(ContractTest, NoIncrementIsLost) {
  constexpr int kThreads = 4, kEach = 25;
  ASSERT_OK(client().Write("count", "0"));
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int done = 0; done < kEach;) {
        const Entry now = client().Read("count");
        done += client().Replace(client().epoch(), "count", now.version,
                                 absl::StrCat(std::stoi(now.value) + 1))
                        .ok()
                    ? 1
                    : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(client().Value("count"), absl::StrCat(kThreads * kEach));
}

TEST_P(ContractTest, AReadNeverSeesHalfACommit) {
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string value = absl::StrCat(i);
      ASSERT_OK(other().Commit({other().epoch(),
                                {},
                                {{"x", value}, {"y", value}},
                                {},
                                Durability::kVolatile}));
    }
  });
  for (int i = 0; i < 200; ++i) {
    const Snapshot both = store().Get(partition_, {"x", "y"}).value();
    ASSERT_EQ(both.entries[0].value, both.entries[1].value);
    const Page page = store().Scan(partition_, "", "", 2).value();
    if (page.items.size() < 2) continue;
    ASSERT_EQ(page.items[0].value, page.items[1].value);
  }
  stop = true;
  writer.join();
}

// --- scanning

TEST_P(ContractTest, AScanIsSortedByBytes) {
  WriteAll({"b", "a", "ab", "B", "a~", "a+", "a/1"});
  EXPECT_THAT(Scan("", "", 10),
              ElementsAre("B", "a", "a+", "a/1", "ab", "a~", "b"));
}

TEST_P(ContractTest, AScanKeepsToItsPrefix) {
  WriteAll({"timer", "timer/1", "timer/2", "timer0", "tim", "u"});
  EXPECT_THAT(Scan("timer/", "", 10), ElementsAre("timer/1", "timer/2"));
  EXPECT_THAT(Scan("timer", "", 10),
              ElementsAre("timer", "timer/1", "timer/2", "timer0"));
  EXPECT_THAT(Scan("x", "", 10), IsEmpty());
}

TEST_P(ContractTest, AScanBeginsBehindAfter) {
  WriteAll({"a", "b", "ba", "c"});
  EXPECT_THAT(Scan("", "b", 10), ElementsAre("ba", "c"));
  EXPECT_THAT(Scan("b", "b", 10), ElementsAre("ba"));
  EXPECT_THAT(Scan("", "aa", 10), ElementsAre("b", "ba", "c"));
}

TEST_P(ContractTest, AScanSaysWhetherThereIsMore) {
  WriteAll({"a", "b", "c"});
  EXPECT_THAT(Scan("", "", 2), ElementsAre("a", "b", "…"));
  EXPECT_THAT(Scan("", "", 3), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Scan("", "b", 2), ElementsAre("c"));
}

TEST_P(ContractTest, PagingWhileOthersWriteMeetsEveryStableKeyOnce) {
  CommitRequest stable;
  stable.epoch = client().epoch();
  for (int i = 100; i < 400; ++i) {
    stable.put.push_back({absl::StrCat("k/", i, "/stable"), ""});
  }
  ASSERT_OK(client().Commit(stable));
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) {
      const std::string key = absl::StrCat("k/", 100 + i * 7 % 300, "/a", i);
      ASSERT_OK(other().Write(key, "", Durability::kVolatile));
      if (i % 2 == 0) ASSERT_OK(other().Remove({key}));
    }
  });
  std::multiset<std::string> met;
  std::string after;
  for (bool more = true; more;) {
    const Page page = store().Scan(partition_, "k/", after, 17).value();
    for (const Item& item : page.items) met.insert(item.key);
    if (!page.items.empty()) after = page.items.back().key;
    more = page.more;
  }
  stop = true;
  writer.join();
  for (const Put& put : stable.put) EXPECT_EQ(met.count(put.key), 1u);
}

// --- limits

TEST_P(ContractTest, ACommitOf4096KeysHappensAsAWhole) {
  CommitRequest request;
  request.epoch = client().epoch();
  for (size_t i = 0; i < kMaxKeysPerCall; ++i) {
    const std::string key = absl::StrCat("key/", i);
    request.expect.push_back({key, kAbsent});
    request.put.push_back(
        {key, std::string(300, 'v'), absl::Now() + absl::Hours(1)});
  }
  ASSERT_OK(client().Commit(request, absl::Seconds(10)));
  std::vector<std::string> keys;
  for (const Put& put : request.put) keys.push_back(put.key);
  ASSERT_OK_AND_ASSIGN(const Snapshot all, store().Get(partition_, keys));
  for (const Entry& entry : all.entries) EXPECT_EQ(entry.value.size(), 300u);
  EXPECT_THAT(client().Commit({request.epoch, {}, {}, keys}, absl::Seconds(10)),
              IsOkAndHolds(kAbsent));
  EXPECT_THAT(Scan("", "", 1), IsEmpty());
}

TEST_P(ContractTest, LargeValuesAreReadUpToTheLimitTogether) {
  CommitRequest request;
  request.epoch = client().epoch();
  std::vector<std::string> keys;
  for (int i = 0; i < 31; ++i) {
    keys.push_back(absl::StrCat("big/", i));
    request.put.push_back({keys.back(), std::string(kMaxValueSize, 'v')});
  }
  ASSERT_OK(client().Commit(request, absl::Seconds(10)));
  ASSERT_OK(client().Write("big/a", std::string(kMaxValueSize, 'v')));
  ASSERT_OK(client().Write("big/b", std::string(kMaxValueSize, 'v')));
  EXPECT_OK(store().Get(partition_, keys, absl::Seconds(10)));
  keys.insert(keys.end(), {"big/a", "big/b"});
  EXPECT_THAT(store().Get(partition_, keys, absl::Seconds(10)),
              HasReason(reason::kStoreLimit));
  // A page ends early and says so.
  ASSERT_OK_AND_ASSIGN(const Page page, store().Scan(partition_, "", "", 1000,
                                                     absl::Seconds(10)));
  EXPECT_TRUE(page.more);
  EXPECT_EQ(Scan("", page.items.back().key, 1000).size() + page.items.size(),
            33u);
}

TEST_P(ContractTest, OversizeAndBadKeysAndOtherPartitionsAreRefused) {
  const Epoch epoch = client().epoch();
  EXPECT_THAT(client().Write("k", std::string(kMaxValueSize + 1, 'v')),
              HasReason(reason::kStoreLimit));
  EXPECT_THAT(client().Write("bad key", "v"),
              HasReason(reason::kStoreKeyInvalid));
  EXPECT_THAT(client().Commit({epoch, {}, {{"k", "v"}, {"{gate/x}:k", "v"}}}),
              HasReason(reason::kStorePartitionMixed));
  EXPECT_FALSE(client().Read("k").exists());
}

// --- expiry

TEST_P(ContractTest, WhatHasExpiredIsDroppedByLaterCommits) {
  const absl::Time now = store().Now().value();
  ASSERT_OK(client().Commit({client().epoch(),
                             {},
                             {{"old", "", now - absl::Seconds(5)},
                              {"young", "", now + absl::Hours(1)},
                              {"for-ever", ""}}}));
  // Each of these has a hint, so each drops up to two.
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(client().Commit(
        {client().epoch(), {}, {{"next", "", now + absl::Hours(1)}}}));
  }
  EXPECT_FALSE(client().Read("old").exists());
  EXPECT_THAT(Scan("", "", 10), ElementsAre("for-ever", "next", "young"));
}

TEST_P(ContractTest, TheLastHintOfAKeyCounts) {
  const absl::Time now = store().Now().value();
  const absl::Time past = now - absl::Seconds(5);
  ASSERT_OK(client().Commit({client().epoch(),
                             {},
                             {{"later", "", now + absl::Hours(1)},
                              {"never", "", now + absl::Hours(1)}}}));
  ASSERT_OK(client().Commit(
      {client().epoch(), {}, {{"later", "", past}, {"never", "", past}}}));
  ASSERT_OK(
      client().Commit({client().epoch(),
                       {},
                       {{"later", "", now + absl::Hours(2)}, {"never", ""}}}));
  for (int i = 0; i < 4; ++i) {
    ASSERT_OK(client().Commit({client().epoch(), {}, {{"next", "", past}}}));
  }
  EXPECT_THAT(Scan("", "", 10), testing::IsSupersetOf({"later", "never"}));
}

TEST_P(ContractTest, ExpiredKeysDoNotPileUp) {
  const absl::Time past = store().Now().value() - absl::Seconds(1);
  for (int i = 0; i < 50; ++i) {
    ASSERT_OK(client().Commit(
        {client().epoch(), {}, {{absl::StrCat("challenge/", i), "", past}}}));
  }
  EXPECT_LE(Scan("", "", 100).size(), 5u);
}

// --- a new incarnation

TEST_P(ContractTest, ARestartKeepsWhatWasDurableAndChangesTheEpoch) {
  const Epoch before = client().epoch();
  ASSERT_OK_AND_ASSIGN(const Version version,
                       client().Write("k", "v", Durability::kDurable));
  engine_->Restart();
  EXPECT_EQ(client().Value("k"), "v");
  EXPECT_NE(client().epoch(), before);
  EXPECT_THAT(client().Replace(before, "k", version, "w"),
              HasReason(reason::kStoreEpochChanged));
  EXPECT_EQ(client().Value("k"), "v");
}

TEST_P(ContractTest, VersionsAreNotUsedAgainAfterARestart) {
  ASSERT_OK_AND_ASSIGN(const Version version, client().Write("k", "v"));
  engine_->Restart();
  EXPECT_EQ(client().Read("k").version, version);
  ASSERT_OK_AND_ASSIGN(const Version next, client().Write("k", "w"));
  EXPECT_GT(next, version);
}

TEST_P(ContractTest, NoEpochEverComesBack) {
  std::set<Epoch> epochs = {client().epoch()};
  for (int i = 0; i < 3; ++i) {
    engine_->Restart();
    EXPECT_TRUE(epochs.insert(client().epoch()).second);
  }
}

// --- hints

// Collects what a subscriber hears; "*" stands for "read again".
class Ear {
 public:
  std::function<void(const Hint&)> Callback() {
    return [this](const Hint& hint) {
      MutexLock lock(mutex_);
      heard_.push_back(hint.read_again ? "*" : hint.payload);
      changed_.NotifyAll();
    };
  }
  // Waits until so many hints were heard, for 10 s at most.
  std::vector<std::string> Hear(size_t count) {
    MutexLock lock(mutex_);
    while (heard_.size() < count) {
      if (!changed_.WaitFor(mutex_, absl::Seconds(10))) break;
    }
    return heard_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> heard_ ABSL_GUARDED_BY(mutex_);
};

TEST_P(ContractTest, ASubscriberHearsWhatIsPublishedAfterwards) {
  Ear ear;
  ASSERT_OK(store().Publish(partition_, "topic", "before"));
  ASSERT_OK_AND_ASSIGN(
      const auto subscription,
      engine_->store().Subscribe(partition_, "topic", ear.Callback()));
  ASSERT_OK(engine_->other().Publish(partition_, "topic", "1"));
  ASSERT_OK(engine_->other().Publish(partition_, "other-topic", "no"));
  ASSERT_OK(engine_->other().Publish(partition_, "topic", ""));
  ASSERT_OK(engine_->other().Publish(partition_, "topic", "3"));
  EXPECT_THAT(ear.Hear(3), ElementsAre("1", "", "3"));
}

TEST_P(ContractTest, SubscriptionsComeAndGo) {
  Ear gone, first, second;
  ASSERT_OK(store().Subscribe(partition_, "topic", gone.Callback()));
  ASSERT_OK_AND_ASSIGN(
      const auto one, store().Subscribe(partition_, "topic", first.Callback()));
  ASSERT_OK_AND_ASSIGN(const auto two, store().Subscribe(partition_, "topic",
                                                         second.Callback()));
  ASSERT_OK(store().Publish(partition_, "topic", "1"));
  EXPECT_THAT(first.Hear(1), ElementsAre("1"));
  EXPECT_THAT(second.Hear(1), ElementsAre("1"));
  EXPECT_THAT(gone.Hear(0), IsEmpty());
}

TEST_P(ContractTest, AfterARestartASubscriberIsToldToReadAgain) {
  Ear ear;
  ASSERT_OK_AND_ASSIGN(auto subscription,
                       store().Subscribe(partition_, "topic", ear.Callback()));
  // An engine inside this process takes its subscriptions with it.
  if (GetParam().name == "Sqlite") subscription.reset();
  if (!engine_->Restart()) return;
  EXPECT_THAT(ear.Hear(1), ElementsAre("*"));
  ASSERT_OK(store().Publish(partition_, "topic", "1"));
  EXPECT_THAT(ear.Hear(2), ElementsAre("*", "1"));
}

}  // namespace
}  // namespace u2fi::store
