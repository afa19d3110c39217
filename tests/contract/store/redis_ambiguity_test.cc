// Answers that get lost on the way: what the store says then must be true.
#include <thread>

#include "tests/contract/store/proxy.h"
#include "tests/contract/store/redis_fixture.h"

namespace u2fi::store {
namespace {

using Mode = Proxy::Mode;

class RedisAmbiguityTest : public RedisFixture {
 protected:
  RedisAmbiguityTest() {
    server_.Start();
    proxy_ = std::make_unique<Proxy>(server_.socket());
    RedisOptions options = server_.Options();
    options.address = proxy_->address();
    options.connections = 1;
    options.connect_timeout = absl::Milliseconds(300);
    options.answer_timeout = absl::Milliseconds(300);
    store_ = MustOpen(options);
    direct_ = MustOpen(server_.Options());
  }
  StoreClient Behind() { return StoreClient(*store_, partition_); }
  StoreClient Direct() { return StoreClient(*direct_, partition_); }

  // Commits in the background while the network fails in this way, until the
  // server has or holds it; then `afterwards`, and a healthy network.
  absl::StatusOr<Version> CommitDuring(
      Mode mode, const CommitRequest& request,
      const std::function<bool()>& reached,
      const std::function<void()>& afterwards = [] {}) {
    absl::StatusOr<Version> outcome = absl::UnknownError("");
    proxy_->SetMode(mode);
    std::thread caller([&] { outcome = Behind().Commit(request); });
    EXPECT_TRUE(Eventually(reached));
    afterwards();
    proxy_->SetMode(Mode::kPass);
    proxy_->Cut();
    caller.join();
    return outcome;
  }
  std::function<bool()> Held() {
    return [this] { return proxy_->held() > 0; };
  }
  std::function<bool()> Written(const std::string& key) {
    return [this, key] { return Direct().Read(key).exists(); };
  }

  RedisServer server_{GetParam()};
  std::unique_ptr<Proxy> proxy_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Store> direct_;
};

U2FI_FOR_BOTH_SERVERS(RedisAmbiguityTest);

TEST_P(RedisAmbiguityTest, ALostAnswerToACommitThatHappenedIsOk) {
  const CommitRequest request{Direct().epoch(), {{"k", kAbsent}}, {{"k", "v"}}};
  ASSERT_OK_AND_ASSIGN(
      const Version version,
      CommitDuring(Mode::kSwallowReplies, request, Written("k")));
  EXPECT_EQ(Direct().Read("k").version, version);
}

TEST_P(RedisAmbiguityTest, ItIsOkEvenIfOneOfItsKeysWasOverwrittenSince) {
  const CommitRequest request{
      Direct().epoch(), {}, {{"head", "mine"}, {"row", "mine"}}};
  EXPECT_OK(CommitDuring(Mode::kSwallowReplies, request, Written("row"),
                         [&] { ASSERT_OK(Direct().Write("head", "theirs")); }));
}

TEST_P(RedisAmbiguityTest, ACommitThatNeverArrivedIsAborted) {
  const CommitRequest request{Direct().epoch(), {{"k", kAbsent}}, {{"k", "v"}}};
  EXPECT_THAT(CommitDuring(Mode::kHoldRequests, request, Held()),
              HasReason(reason::kStoreAborted));
  EXPECT_FALSE(Direct().Read("k").exists());
}

TEST_P(RedisAmbiguityTest, WhatWasCalledAbortedCannotHappenLater) {
  const CommitRequest request{Direct().epoch(), {{"k", kAbsent}}, {{"k", "v"}}};
  EXPECT_THAT(CommitDuring(Mode::kHoldRequests, request, Held()),
              HasReason(reason::kStoreAborted));
  proxy_->Release();
  EXPECT_FALSE(Direct().Read("k").exists());
}

TEST_P(RedisAmbiguityTest, ALoserWhoseRequestWasLostIsToldWhoWon) {
  ASSERT_OK_AND_ASSIGN(const Version version, Direct().Write("k", "open"));
  const CommitRequest request{
      Direct().epoch(), {{"k", version}}, {{"k", "mine"}}};
  const absl::Status aborted =
      CommitDuring(Mode::kHoldRequests, request, Held(), [&] {
        ASSERT_OK(Direct().Replace(request.epoch, "k", version, "theirs"));
      }).status();
  EXPECT_THAT(aborted, HasReason(reason::kStoreAborted));
  EXPECT_EQ(MetadataOf(aborted)["key"], "k");
}

TEST_P(RedisAmbiguityTest, WithoutTracesTheOutcomeStaysUnknown) {
  const CommitRequest request{Direct().epoch(), {}, {{"k", "mine"}}};
  EXPECT_THAT(CommitDuring(Mode::kSwallowReplies, request, Written("k"),
                           [&] { ASSERT_OK(Direct().Write("k", "theirs")); }),
              HasReason(reason::kStoreOutcomeUnknown));
}

TEST_P(RedisAmbiguityTest, AConsumptionByRemovalIsNeverWonTwice) {
  ASSERT_OK_AND_ASSIGN(const Version version, Direct().Write("k", "open"));
  const CommitRequest request{Direct().epoch(), {{"k", version}}, {}, {"k"}};
  const absl::StatusOr<Version> mine =
      CommitDuring(Mode::kHoldRequests, request, Held(),
                   [&] { ASSERT_OK(Direct().Commit(request)); });
  EXPECT_THAT(mine, HasReason(reason::kStoreOutcomeUnknown));
}

TEST_P(RedisAmbiguityTest, AComparisonAloneIsSimplyRepeated) {
  ASSERT_OK_AND_ASSIGN(const Version version, Direct().Write("k", "v"));
  const CommitRequest request{Direct().epoch(), {{"k", version}}};
  EXPECT_OK(CommitDuring(Mode::kHoldRequests, request, Held()));
}

TEST_P(RedisAmbiguityTest, WhileTheStoreStaysAwayTheOutcomeIsUnknown) {
  const CommitRequest request{Direct().epoch(), {{"k", kAbsent}}, {{"k", "v"}}};
  proxy_->SetMode(Mode::kSwallowReplies);
  EXPECT_THAT(Behind().Commit(request, absl::Milliseconds(500)),
              HasReason(reason::kStoreOutcomeUnknown));
}

TEST_P(RedisAmbiguityTest, WhatWasNotSentIsUnavailable) {
  const Epoch epoch = Direct().epoch();
  proxy_->SetMode(Mode::kRefuse);
  EXPECT_TRUE(Eventually([&] { return !store_->Now().ok(); }));
  EXPECT_THAT(Behind().Replace(epoch, "k", kAbsent, "v"),
              HasReason(reason::kStoreUnavailable));
  EXPECT_FALSE(Direct().Read("k").exists());
}

TEST_P(RedisAmbiguityTest, ARestartInBetweenChangesTheEpoch) {
  ASSERT_OK_AND_ASSIGN(const Version version, Direct().Write("k", "open"));
  const CommitRequest request{
      Direct().epoch(), {{"k", version}}, {{"k", "mine"}}};
  EXPECT_THAT(CommitDuring(Mode::kHoldRequests, request, Held(),
                           [&] {
                             server_.Kill();
                             server_.Start();
                           }),
              HasReason(reason::kStoreEpochChanged));
}

TEST_P(RedisAmbiguityTest, ReadsAreRepeated) {
  ASSERT_OK(Direct().Write("k", "v"));
  proxy_->SetMode(Mode::kSwallowReplies);
  absl::StatusOr<Snapshot> snapshot = absl::UnknownError("");
  std::thread caller([&] { snapshot = store_->Get(partition_, {"k"}); });
  absl::SleepFor(absl::Milliseconds(20));
  proxy_->SetMode(Mode::kPass);
  proxy_->Cut();
  caller.join();
  ASSERT_OK(snapshot);
  EXPECT_EQ(snapshot->entries[0].value, "v");
}

TEST_P(RedisAmbiguityTest, AConnectionThatGoesSilentIsReplaced) {
  proxy_->SetMode(Mode::kSwallowReplies);
  EXPECT_FALSE(store_->Now(absl::Milliseconds(100)).ok());
  proxy_->SetMode(Mode::kPass);
  // The swallowed answer never comes; the next callers do not wait for it.
  EXPECT_OK(store_->Now());
}

}  // namespace
}  // namespace u2fi::store
