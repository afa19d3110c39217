#include "services/common/store/metered_store.h"

#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::store {
namespace {

using ::testing::HasSubstr;
using Fault = FaultyStore::Fault;
using Method = FaultyStore::Method;

class MeteredStoreTest : public testing::Test {
 protected:
  absl::Status Put(const std::string& key, Version expected,
                   Durability durability = Durability::kDurable) {
    const auto seen = metered_.Get(partition_, {});
    if (!seen.ok()) return seen.status();
    return metered_
        .Commit(partition_,
                {seen->epoch, {{key, expected}}, {{key, "v"}}, {}, durability})
        .status();
  }
  void ExpectLine(const std::string& line) {
    EXPECT_THAT(registry_.Text(), HasSubstr(line + "\n"));
  }
  void ExpectCommits(const std::string& outcome, int count) {
    ExpectLine("u2fi_store_calls_total{method=\"commit\",outcome=\"" + outcome +
               "\"} " + std::to_string(count));
  }

  FakeClock clock_;
  FakeRandomSource random_;
  MemoryStore memory_{clock_, random_};
  FaultyStore faulty_{memory_};
  metrics::Registry registry_;
  MeteredStore metered_{faulty_, clock_, registry_};
  const Partition partition_ = *Partition::Make("challenge", "t1");
};

TEST_F(MeteredStoreTest, EverySeriesIsThereFromTheStart) {
  ExpectCommits("ok", 0);
  ExpectCommits("outcome_unknown", 0);
  ExpectLine("u2fi_store_call_seconds_count{method=\"get\"} 0");
}

TEST_F(MeteredStoreTest, TheStoreBehindItAnswers) {
  EXPECT_OK(Put("a", kAbsent));
  ASSERT_OK_AND_ASSIGN(const Snapshot seen, metered_.Get(partition_, {"a"}));
  EXPECT_EQ(seen.entries[0].value, "v");
  ASSERT_OK_AND_ASSIGN(const Page page, metered_.Scan(partition_, "", "", 10));
  EXPECT_EQ(page.items.size(), 1u);
  EXPECT_OK(metered_.Publish(partition_, "topic", "x"));
  EXPECT_OK(metered_.Subscribe(partition_, "topic", [](const Hint&) {}));
  EXPECT_OK(metered_.Now());
  for (const char* method :
       {"get", "commit", "scan", "publish", "subscribe", "now"}) {
    SCOPED_TRACE(method);
    EXPECT_THAT(registry_.Text(),
                ::testing::Not(HasSubstr(
                    std::string("u2fi_store_call_seconds_count{method=\"") +
                    method + "\"} 0\n")));
  }
}

TEST_F(MeteredStoreTest, OutcomesAreCountedApart) {
  EXPECT_OK(Put("a", kAbsent));
  EXPECT_THAT(Put("a", kAbsent), HasReason(reason::kStoreAborted));
  faulty_.Fail(Method::kCommit, Fault::kEpochChanged);
  EXPECT_THAT(Put("b", kAbsent), HasReason(reason::kStoreEpochChanged));
  faulty_.Fail(Method::kCommit, Fault::kUnknownApplied);
  EXPECT_THAT(Put("c", kAbsent), HasReason(reason::kStoreOutcomeUnknown));
  faulty_.Fail(Method::kCommit, Fault::kUnavailable);
  EXPECT_THAT(Put("d", kAbsent), HasReason(reason::kStoreUnavailable));
  for (const char* outcome :
       {"ok", "aborted", "epoch_changed", "outcome_unknown", "unavailable"}) {
    ExpectCommits(outcome, 1);
  }
}

TEST_F(MeteredStoreTest, VolatileCommitsAreApart) {
  EXPECT_OK(Put("a", kAbsent, Durability::kVolatile));
  ExpectCommits("ok", 0);
  ExpectLine(
      "u2fi_store_calls_total{method=\"commit_volatile\",outcome=\"ok\"} 1");
}

TEST_F(MeteredStoreTest, ACallTakesItsTime) {
  faulty_.BeforeNextCommit([this] { clock_.Advance(absl::Seconds(2)); });
  EXPECT_OK(Put("a", kAbsent));
  ExpectLine("u2fi_store_call_seconds_sum{method=\"commit\"} 2");
}

}  // namespace
}  // namespace u2fi::store
