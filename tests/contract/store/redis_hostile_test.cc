// A server that lies, talks too much or speaks another language: no answer of
// it becomes a success that it is not, and none takes the process down.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/redis_store.h"
#include "services/common/time/clock.h"
#include "tests/contract/store/hostile_server.h"
#include "tests/contract/store/store_client.h"

namespace u2fi::store {
namespace {

using Words = HostileServer::Words;

constexpr absl::Duration kShort = absl::Milliseconds(300);

class RedisHostileTest : public testing::Test {
 protected:
  RedisHostileTest() {
    options_.address = server_.address();
    options_.connections = 1;
    options_.answer_timeout = absl::Milliseconds(100);
    options_.longest_backoff = absl::Milliseconds(20);
  }
  absl::Status Open() {
    absl::StatusOr<OpenedStore> opened =
        OpenRedisStore(options_, SystemClock(), SystemRandom());
    if (opened.ok()) store_ = std::move(opened->store);
    return opened.status();
  }
  // Opens politely; then every script gets these bytes.
  void AnswerScriptsWith(const std::string& bytes) {
    ASSERT_OK(Open());
    server_.Set("EVALSHA", [bytes](const Words&) { return bytes; });
  }
  absl::Status Get() { return store_->Get(partition_, {"k"}, kShort).status(); }
  absl::Status Commit() {
    return store_
        ->Commit(partition_, {Epoch(40, 'e'), {}, {{"k", "v"}}}, kShort)
        .status();
  }

  HostileServer server_;
  RedisOptions options_;
  const Partition partition_ = Partition::Make("gate", "acme").value();
  std::unique_ptr<Store> store_;
};

TEST_F(RedisHostileTest, APoliteServerIsUsed) {
  ASSERT_OK(Open());
  EXPECT_OK(Get());
  EXPECT_OK(Commit());
}

TEST_F(RedisHostileTest, AnotherLanguageIsNoAnswer) {
  AnswerScriptsWith("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_THAT(Get(), HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(Commit(), HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(RedisHostileTest, AnArrayOfTwoThousandMillionElementsIsNotAllocated) {
  AnswerScriptsWith("*2147483647\r\n");
  EXPECT_THAT(Get(), HasReason(reason::kStoreUnavailable));
}

TEST_F(RedisHostileTest, AReplyThatDoesNotEndIsCutOff) {
  AnswerScriptsWith("$500000000\r\n" + std::string(40 << 20, 'x'));
  EXPECT_THAT(Get(), HasReason(reason::kStoreUnavailable));
}

TEST_F(RedisHostileTest, DeepNestingIsNoAnswer) {
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += "*1\r\n";
  AnswerScriptsWith(deep + ":1\r\n");
  EXPECT_FALSE(Get().ok());
}

TEST_F(RedisHostileTest, AHintWhoseAnswerIsLostIsSentAgain) {
  ASSERT_OK(Open());
  int times = 0;
  server_.Set("PUBLISH", [&times](const Words&) {
    return ++times == 1 ? std::string() : std::string(":1\r\n");
  });
  EXPECT_OK(store_->Publish(partition_, "topic", "x", absl::Seconds(10)));
  EXPECT_EQ(times, 2);
}

TEST_F(RedisHostileTest, OkIsNoAnswerToACommit) {
  AnswerScriptsWith("+OK\r\n");
  EXPECT_THAT(Commit(), HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(RedisHostileTest, TheAnswerToAnotherCommitIsNotTaken) {
  AnswerScriptsWith("*3\r\n$16\r\n0123456789abcdef\r\n:0\r\n:1\r\n");
  EXPECT_THAT(Commit(), HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(RedisHostileTest, AnswersThatNobodyAskedForDoNotReachTheNextCaller) {
  ASSERT_OK(Open());
  server_.Set("TIME", [](const Words& words) {
    return HostileServer::Polite(words) + "*2\r\n$1\r\n1\r\n$1\r\n1\r\n";
  });
  for (int i = 0; i < 5; ++i) {
    const absl::StatusOr<absl::Time> now = store_->Now(kShort);
    if (now.ok()) EXPECT_EQ(*now, absl::FromUnixSeconds(1700000000));
  }
}

TEST_F(RedisHostileTest, AnErrorInTheMiddleOfAScriptIsNotARefusal) {
  AnswerScriptsWith("-ERR user_script:12: something\r\n");
  EXPECT_THAT(Commit(), HasReason(reason::kStoreOutcomeUnknown));
}

TEST_F(RedisHostileTest, AServerThatNeverHasTheScriptIsUnavailable) {
  AnswerScriptsWith("-NOSCRIPT No matching script.\r\n");
  server_.Set("EVAL", [](const Words&) { return "-NOSCRIPT still not\r\n"; });
  EXPECT_THAT(Commit(), HasReason(reason::kStoreUnavailable));
}

TEST_F(RedisHostileTest, MessagesOnOtherChannelsAreNotHeard) {
  ASSERT_OK(Open());
  server_.Set("SUBSCRIBE", [](const Words& words) {
    return HostileServer::Polite(words) +
           "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n$1\r\nx\r\n" +
           absl::StrCat("*3\r\n$7\r\nmessage\r\n$", words[1].size(), "\r\n",
                        words[1], "\r\n$4\r\nmine\r\n");
  });
  Mutex mutex;
  CondVar changed;
  std::vector<std::string> heard;
  ASSERT_OK_AND_ASSIGN(
      const auto subscription,
      store_->Subscribe(partition_, "t", [&](const Hint& hint) {
        MutexLock lock(mutex);
        heard.push_back(hint.payload);
        changed.NotifyAll();
      }));
  MutexLock lock(mutex);
  while (heard.empty()) changed.Wait(mutex);
  EXPECT_THAT(heard, testing::ElementsAre("mine"));
}

TEST_F(RedisHostileTest, AConfirmationThatNeverComesIsUnavailable) {
  ASSERT_OK(Open());
  server_.Set("SUBSCRIBE", [](const Words&) { return ""; });
  EXPECT_THAT(store_->Subscribe(
                  partition_, "t", [](const Hint&) {}, kShort),
              HasReason(reason::kStoreUnavailable));
}

// --- at the start

TEST_F(RedisHostileTest, AReplicaIsRefusedAtTheStart) {
  server_.Set("INFO", [](const Words&) {
    return "$61\r\nredis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n"
           "role:slave\r\n";
  });
  EXPECT_THAT(Open(), HasReason(reason::kStoreUnavailable));
}

TEST_F(RedisHostileTest, AServerWithoutInfoIsRefusedAtTheStart) {
  server_.Set("INFO", [](const Words&) { return ":1\r\n"; });
  EXPECT_FALSE(Open().ok());
}

TEST_F(RedisHostileTest, ASilentServerIsRefusedAtTheStart) {
  options_.connect_timeout = absl::Milliseconds(50);
  server_.Set("INFO", [](const Words&) { return ""; });
  EXPECT_THAT(Open(), HasReason(reason::kStoreUnavailable));
}

TEST_F(RedisHostileTest, ASentinelThatKnowsNoMasterIsUnavailable) {
  options_.sentinels = {options_.address};
  options_.address.clear();
  options_.master_name = "u2fi";
  server_.Set("SENTINEL", [](const Words&) { return "*-1\r\n"; });
  EXPECT_THAT(Open(), HasReason(reason::kStoreUnavailable));
}

}  // namespace
}  // namespace u2fi::store
