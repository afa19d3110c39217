#include "services/common/mqtt/reconnecting_client.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::mqtt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Makes connections that do what the test says.
class FakeConnector : public Connector {
 public:
  std::unique_ptr<Connection> Connect(
      const std::vector<Subscription>& subscriptions,
      ConnectionEvents& events) override {
    ++attempts;
    filters.clear();
    for (const Subscription& s : subscriptions) filters.push_back(s.filter);
    events_ = &events;
    return std::make_unique<FakeConnection>(*this);
  }
  ConnectionEvents& events() { return *events_; }

  int attempts = 0;
  int open = 0;
  std::vector<std::string> filters;
  std::map<uint64_t, std::string> sent;  // Id → payload.
  absl::Status send_status;

 private:
  class FakeConnection : public Connection {
   public:
    explicit FakeConnection(FakeConnector& owner) : owner_(owner) {
      ++owner_.open;
    }
    ~FakeConnection() override { --owner_.open; }
    absl::Status Send(uint64_t id, const Message& message) override {
      if (owner_.send_status.ok()) owner_.sent[id] = message.payload;
      return owner_.send_status;
    }

   private:
    FakeConnector& owner_;
  };
  ConnectionEvents* events_ = nullptr;
};

Message SomeMessage(const std::string& payload = "x") {
  Message message;
  message.topic = "a/b";
  message.payload = payload;
  message.qos = Qos::kAtLeastOnce;
  return message;
}

class ReconnectingClientTest : public testing::Test {
 protected:
  ReconnectingClientTest()
      : client_(connector_, clock_, random_, Options(), [this] { ++wakes_; }) {}

  static BrokerOptions Options() {
    BrokerOptions options;
    options.max_unfinished = 1000;
    return options;
  }
  void Connect() {
    client_.Start();
    client_.Turn();
    connector_.events().OnConnected();
    client_.Turn();
  }
  void Publish(Message message) {
    client_.Publish(std::move(message), [this](const absl::Status& status) {
      done_.push_back(status);
    });
  }
  void Lose() {
    connector_.events().OnClosed(Error(reason::kBrokerUnavailable, "gone"));
    client_.Turn();
  }

  FakeClock clock_;
  FakeRandomSource random_;
  FakeConnector connector_;
  int wakes_ = 0;
  std::vector<absl::Status> done_;
  ReconnectingClient client_;
};

TEST_F(ReconnectingClientTest, ConnectsOnlyAfterStart) {
  client_.Turn();
  EXPECT_EQ(connector_.attempts, 0);
  client_.Start();
  client_.Turn();
  EXPECT_EQ(connector_.attempts, 1);
}

TEST_F(ReconnectingClientTest, GivesEachConnectionAllFilters) {
  ASSERT_OK(client_.Subscribe("a/#", Qos::kAtLeastOnce, [](const Message&) {}));
  ASSERT_OK(client_.Subscribe("b", Qos::kAtMostOnce, [](const Message&) {}));
  Connect();
  EXPECT_THAT(connector_.filters, ElementsAre("a/#", "b"));
}

TEST_F(ReconnectingClientTest, RefusesABadFilter) {
  EXPECT_THAT(client_.Subscribe("a#", Qos::kAtMostOnce, nullptr),
              HasReason(reason::kInvalidField));
}

TEST_F(ReconnectingClientTest, TellsItsState) {
  EXPECT_THAT(client_.state(), HasReason(reason::kBrokerUnavailable));
  Connect();
  EXPECT_OK(client_.state());
  connector_.events().OnClosed(Error(reason::kBrokerRefused, "no"));
  client_.Turn();
  EXPECT_THAT(client_.state(), HasReason(reason::kBrokerRefused));
}

TEST_F(ReconnectingClientTest, TellsConnectionsAndLossesInOrder) {
  std::vector<bool> seen;
  client_.SetConnectionHandler(
      [&](bool connected) { seen.push_back(connected); });
  Connect();
  Lose();
  EXPECT_THAT(seen, ElementsAre(true, false));
}

TEST_F(ReconnectingClientTest, AFailedAttemptIsNoLoss) {
  std::vector<bool> seen;
  client_.SetConnectionHandler(
      [&](bool connected) { seen.push_back(connected); });
  client_.Start();
  client_.Turn();
  Lose();
  EXPECT_THAT(seen, IsEmpty());
}

TEST_F(ReconnectingClientTest, ClosesTheOldConnectionBeforeTheNext) {
  Connect();
  Lose();
  EXPECT_EQ(connector_.open, 0);
  clock_.Advance(Options().reconnect_cap);
  client_.Turn();
  EXPECT_EQ(connector_.open, 1);
  EXPECT_EQ(connector_.attempts, 2);
}

TEST_F(ReconnectingClientTest, WaitsTheTimeThatTurnSaid) {
  Connect();
  Lose();
  const absl::Duration rest = client_.Turn();
  EXPECT_GE(rest, ReconnectingClient::kLeastDelay);
  clock_.Advance(rest - absl::Nanoseconds(1));
  client_.Turn();
  EXPECT_EQ(connector_.attempts, 1);
  clock_.Advance(absl::Nanoseconds(1));
  client_.Turn();
  EXPECT_EQ(connector_.attempts, 2);
}

TEST_F(ReconnectingClientTest, GivesUpAnAttemptThatTakesTooLong) {
  client_.Start();
  client_.Turn();
  clock_.Advance(Options().connect_timeout);
  client_.Turn();
  EXPECT_EQ(connector_.open, 0);
  EXPECT_THAT(client_.state(), HasReason(reason::kBrokerUnavailable));
}

TEST_F(ReconnectingClientTest, AConnectionMayStayForEver) {
  Connect();
  clock_.Advance(absl::Hours(1000));
  client_.Turn();
  EXPECT_OK(client_.state());
}

TEST_F(ReconnectingClientTest, FinishesWhenTheBrokerHasTheMessage) {
  Connect();
  Publish(SomeMessage());
  client_.Turn();
  EXPECT_THAT(done_, IsEmpty());
  connector_.events().OnPublished(1, absl::OkStatus());
  client_.Turn();
  EXPECT_THAT(done_, ElementsAre(IsOk()));
}

TEST_F(ReconnectingClientTest, PassesOnTheBrokersRefusal) {
  Connect();
  Publish(SomeMessage());
  connector_.events().OnPublished(1, Error(reason::kBrokerRefused, "no"));
  client_.Turn();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kBrokerRefused)));
}

TEST_F(ReconnectingClientTest, NeverKeepsAMessageForLater) {
  client_.Start();
  client_.Turn();
  Publish(SomeMessage());
  connector_.events().OnConnected();
  client_.Turn();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kBrokerUnavailable)));
  EXPECT_THAT(connector_.sent, IsEmpty());
}

TEST_F(ReconnectingClientTest, NeverSendsAnUnfinishedMessageAgain) {
  Connect();
  Publish(SomeMessage());
  Lose();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kBrokerUnavailable)));
  connector_.sent.clear();
  clock_.Advance(Options().reconnect_cap);
  client_.Turn();
  connector_.events().OnConnected();
  client_.Turn();
  EXPECT_THAT(connector_.sent, IsEmpty());
}

TEST_F(ReconnectingClientTest, FinishesAMessageAtItsDeadline) {
  Connect();
  Publish(SomeMessage());
  clock_.Advance(Options().publish_timeout - absl::Nanoseconds(1));
  client_.Turn();
  EXPECT_THAT(done_, IsEmpty());
  clock_.Advance(absl::Nanoseconds(1));
  client_.Turn();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kBrokerUnavailable)));
}

TEST_F(ReconnectingClientTest, FinishesOnlyOnce) {
  Connect();
  Publish(SomeMessage());
  clock_.Advance(Options().publish_timeout);
  client_.Turn();
  connector_.events().OnPublished(1, absl::OkStatus());
  client_.Turn();
  EXPECT_EQ(done_.size(), 1u);
}

TEST_F(ReconnectingClientTest, TakesABatchAndNoMore) {
  Connect();
  for (int i = 0; i < 1000; ++i) Publish(SomeMessage());
  client_.Turn();
  EXPECT_THAT(done_, IsEmpty());
  Publish(SomeMessage());
  client_.Turn();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kBrokerQueueFull)));
}

TEST_F(ReconnectingClientTest, RefusesABadMessage) {
  Connect();
  Message message = SomeMessage();
  message.topic = "#";
  Publish(message);
  client_.Turn();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kInvalidField)));
}

TEST_F(ReconnectingClientTest, NeverCallsBackInsidePublish) {
  Publish(SomeMessage());
  EXPECT_THAT(done_, IsEmpty());
  EXPECT_GT(wakes_, 0);
}

TEST_F(ReconnectingClientTest, TellsASendThatFails) {
  Connect();
  connector_.send_status = Error(reason::kBrokerUnavailable, "no");
  Publish(SomeMessage());
  client_.Turn();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kBrokerUnavailable)));
}

TEST_F(ReconnectingClientTest, GivesAMessageToTheFirstMatchingHandler) {
  std::vector<std::string> seen;
  const auto handler = [&seen](const std::string& name) {
    return [&seen, name](const Message&) { seen.push_back(name); };
  };
  ASSERT_OK(client_.Subscribe("c", Qos::kAtMostOnce, handler("c")));
  ASSERT_OK(client_.Subscribe("a/+", Qos::kAtMostOnce, handler("a/+")));
  ASSERT_OK(client_.Subscribe("#", Qos::kAtMostOnce, handler("#")));
  Connect();
  connector_.events().OnMessage(SomeMessage());
  client_.Turn();
  EXPECT_THAT(seen, ElementsAre("a/+"));
}

TEST_F(ReconnectingClientTest, GivesUpAConnectionWhoseHandlersAreTooSlow) {
  int handled = 0;
  ASSERT_OK(client_.Subscribe("#", Qos::kAtMostOnce,
                              [&](const Message&) { ++handled; }));
  Connect();
  for (size_t i = 0; i < ReconnectingClient::kMaxQueued + 10; ++i) {
    connector_.events().OnMessage(SomeMessage());
  }
  client_.Turn();
  EXPECT_EQ(handled, static_cast<int>(ReconnectingClient::kMaxQueued));
  EXPECT_EQ(connector_.open, 0);
}

TEST_F(ReconnectingClientTest, IgnoresWhatComesAfterTheEnd) {
  int handled = 0;
  ASSERT_OK(client_.Subscribe("#", Qos::kAtMostOnce,
                              [&](const Message&) { ++handled; }));
  Connect();
  connector_.events().OnClosed(Error(reason::kBrokerUnavailable, "gone"));
  connector_.events().OnMessage(SomeMessage());
  client_.Turn();
  EXPECT_EQ(handled, 0);
}

TEST_F(ReconnectingClientTest, FinishesEverythingWhenItEnds) {
  auto client = std::make_unique<ReconnectingClient>(connector_, clock_,
                                                     random_, Options(), [] {});
  client->Publish(SomeMessage(), [this](const absl::Status& status) {
    done_.push_back(status);
  });
  client.reset();
  EXPECT_THAT(done_, ElementsAre(HasReason(reason::kBrokerUnavailable)));
}

}  // namespace
}  // namespace u2fi::mqtt
