#include "services/attestation/token_events.h"

#include <vector>

#include "gmock/gmock.h"
#include "services/attestation/token_store.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::attestation {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TokenEventsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(events_.Start()); }

  void Publish(const std::string& tenant, const std::string& token_id) {
    records::v1::TokenRow token;
    token.set_token_id(token_id);
    token.set_account("ann");
    token.set_state(v1::TOKEN_STATE_REVOKED);
    events_.Publish(tenant, token);
    memory_.FlushHints();
  }

  // Writes down what it hears: the token, or "gap".
  TokenEvents::Callback Listener() {
    return [this](const TokenEvents::Event& event) {
      heard_.push_back(event.has_value() ? event->token_id() : "gap");
      last_ = event;
    };
  }

  FakeClock clock_;
  FakeRandomSource random_;
  u2fi::store::MemoryStore memory_{clock_, random_};
  u2fi::store::FaultyStore store_{memory_};
  TokenEvents events_{store_};
  std::vector<std::string> heard_;
  TokenEvents::Event last_;
};

TEST_F(TokenEventsTest, TellsWhichTokenChangedAndHow) {
  const auto watch = events_.Subscribe("", Listener());
  Publish("t1", "k1");
  ASSERT_THAT(heard_, ElementsAre("k1"));
  EXPECT_EQ(last_->tenant(), "t1");
  EXPECT_EQ(last_->account(), "ann");
  EXPECT_EQ(last_->state(), v1::TOKEN_STATE_REVOKED);
}

TEST_F(TokenEventsTest, TellsOtherReplicas) {
  TokenEvents other(store_);
  ASSERT_OK(other.Start());
  const auto watch = other.Subscribe("", Listener());
  Publish("t1", "k1");
  EXPECT_THAT(heard_, ElementsAre("k1"));
}

TEST_F(TokenEventsTest, TellsOfOneTenantOnly) {
  const auto watch = events_.Subscribe("t1", Listener());
  Publish("t2", "k2");
  Publish("t1", "k1");
  EXPECT_THAT(heard_, ElementsAre("k1"));
}

TEST_F(TokenEventsTest, TellsEverybodyOfAGap) {
  const auto watch = events_.Subscribe("t1", Listener());
  memory_.Restart();
  memory_.FlushHints();
  EXPECT_THAT(heard_, ElementsAre("gap"));
}

TEST_F(TokenEventsTest, AHintThatCannotBeReadIsAGap) {
  const auto watch = events_.Subscribe("", Listener());
  ASSERT_OK(store_.Publish(*SharedPartition(), "tokens", "\xff\xff"));
  memory_.FlushHints();
  EXPECT_THAT(heard_, ElementsAre("gap"));
}

TEST_F(TokenEventsTest, AWatchThatIsGoneHearsNothing) {
  events_.Subscribe("", Listener()).reset();
  Publish("t1", "k1");
  EXPECT_THAT(heard_, IsEmpty());
}

TEST_F(TokenEventsTest, AnEventIsLostWithTheStoreAwayAndTheNextIsHeard) {
  const auto watch = events_.Subscribe("", Listener());
  store_.SetAway(true);
  Publish("t1", "k1");
  store_.SetAway(false);
  Publish("t1", "k2");
  EXPECT_THAT(heard_, ElementsAre("k2"));
}

TEST_F(TokenEventsTest, DoesNotStartWithTheStoreAway) {
  TokenEvents other(store_);
  store_.SetAway(true);
  EXPECT_THAT(other.Start(), HasReason(reason::kStoreUnavailable));
  store_.SetAway(false);
  EXPECT_OK(other.Start());
}

}  // namespace
}  // namespace u2fi::attestation
