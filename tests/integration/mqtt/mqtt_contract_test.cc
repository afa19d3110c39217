// What every MqttClient promises, asked of the fake and of paho with
// mosquitto: the fake cannot lie.
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/mqtt/paho_client.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "services/common/time/fake_clock.h"
#include "tests/integration/mqtt/mosquitto.h"

namespace u2fi::mqtt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kDown[] = "u2fi/t-1/s-1/g-1/camera-1/down";
constexpr char kUp[] = "u2fi/t-1/s-1/g-1/camera-1/up";
constexpr char kPresence[] = "u2fi/t-1/s-1/g-1/camera-1/presence";
constexpr char kAgent[] = "agent.g-1";
constexpr char kDevice[] = "camera-1";

// A broker, real or not.
class World {
 public:
  virtual ~World() = default;
  virtual std::unique_ptr<MqttClient> MakeClient(const std::string& user) = 0;
  // Lets things happen until `condition`, at most for some seconds.
  virtual bool Until(const std::function<bool()>& condition) = 0;
  virtual void Pass(absl::Duration time) = 0;
  virtual void Stop() = 0;
  virtual void Restart() = 0;
};

class FakeWorld : public World {
 public:
  FakeWorld() {
    broker_.SetAccess(
        [](const std::string& user, const std::string& topic, bool write) {
          const bool down = topic == kDown;
          return write ? down == (user == kAgent)
                       : down == (user == kDevice) || user == kAgent;
        });
  }
  std::unique_ptr<MqttClient> MakeClient(const std::string& user) override {
    return broker_.MakeClient(user);
  }
  bool Until(const std::function<bool()>& condition) override {
    broker_.Settle();
    return condition();
  }
  void Pass(absl::Duration time) override { clock_.Advance(time); }
  void Stop() override { broker_.Stop(); }
  void Restart() override { broker_.Restart(); }

 private:
  FakeClock clock_;
  FakeMqttBroker broker_{clock_};
};

class RealWorld : public World {
 public:
  RealWorld() : broker_(Mosquitto::Start().value()) {}

  std::unique_ptr<MqttClient> MakeClient(const std::string& user) override {
    if (options_.count(user) == 0) {
      options_[user] = broker_->OptionsFor(user).value();
    }
    return MakePahoClient(options_[user], SystemClock(), SystemRandom())
        .value();
  }
  bool Until(const std::function<bool()>& condition) override {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  void Pass(absl::Duration time) override {
    std::this_thread::sleep_for(absl::ToChronoMilliseconds(time));
  }
  void Stop() override { broker_->Stop(); }
  void Restart() override { ASSERT_OK(broker_->Launch()); }

 private:
  std::unique_ptr<Mosquitto> broker_;
  std::map<std::string, BrokerOptions> options_;
};

// A client and everything that it was told. Thread-safe.
class Listener {
 public:
  Listener(World& world, const std::string& user, const std::string& filter)
      : world_(world), client_(world.MakeClient(user)) {
    if (!filter.empty()) {
      EXPECT_OK(client_->Subscribe(filter, Qos::kAtLeastOnce,
                                   [this](const Message& message) {
                                     MutexLock lock(mutex_);
                                     messages_.push_back(message);
                                   }));
    }
    client_->SetConnectionHandler([this](bool connected) {
      MutexLock lock(mutex_);
      connections_.push_back(connected);
    });
    client_->Start();
  }
  bool Connected() {
    return world_.Until([this] { return client_->state().ok(); });
  }
  // Publishes and waits for the end.
  absl::Status Publish(const Message& message) {
    Begin(message);
    const size_t count = published_;
    world_.Until([&] { return outcomes().size() == count; });
    return outcomes().back();
  }
  void Begin(const Message& message) {
    ++published_;
    client_->Publish(message, [this](const absl::Status& status) {
      MutexLock lock(mutex_);
      outcomes_.push_back(status);
    });
  }
  bool Receives(size_t count) {
    return world_.Until([&] { return messages().size() >= count; });
  }
  std::vector<Message> messages() const {
    MutexLock lock(mutex_);
    return messages_;
  }
  std::vector<absl::Status> outcomes() const {
    MutexLock lock(mutex_);
    return outcomes_;
  }
  std::vector<bool> connections() const {
    MutexLock lock(mutex_);
    return connections_;
  }
  void Leave() { client_.reset(); }

 private:
  World& world_;
  mutable Mutex mutex_;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
  std::vector<absl::Status> outcomes_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> connections_ ABSL_GUARDED_BY(mutex_);
  size_t published_ = 0;
  std::unique_ptr<MqttClient> client_;
};

Message Command(const std::string& payload) {
  Message message;
  message.topic = kDown;
  message.payload = payload;
  message.qos = Qos::kAtLeastOnce;
  return message;
}

struct WorldFactory {
  std::string name;
  std::function<std::unique_ptr<World>()> make;
};

class MqttContractTest : public testing::TestWithParam<WorldFactory> {
 protected:
  std::unique_ptr<World> world_ = GetParam().make();
};

TEST_P(MqttContractTest, DeliversAMessageWithItsProperties) {
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  Message message = Command(std::string("\0\xff bytes", 8));
  message.response_topic = kUp;
  message.correlation = std::string("a\0b", 3);
  message.expiry = absl::Seconds(30);
  EXPECT_OK(agent.Publish(message));
  ASSERT_TRUE(device.Receives(1));
  const Message got = device.messages()[0];
  EXPECT_EQ(got.topic, message.topic);
  EXPECT_EQ(got.payload, message.payload);
  EXPECT_EQ(got.response_topic, message.response_topic);
  EXPECT_EQ(got.correlation, message.correlation);
  EXPECT_EQ(got.qos, Qos::kAtLeastOnce);
  EXPECT_FALSE(got.retain);
  EXPECT_GT(got.expiry, absl::ZeroDuration());
  EXPECT_LE(got.expiry, absl::Seconds(30));
}

TEST_P(MqttContractTest, DeliversAtMostOnceToo) {
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  Message message = Command("x");
  message.qos = Qos::kAtMostOnce;
  EXPECT_OK(agent.Publish(message));
  ASSERT_TRUE(device.Receives(1));
  EXPECT_EQ(device.messages()[0].qos, Qos::kAtMostOnce);
}

TEST_P(MqttContractTest, RefusesAMessageWithoutAConnection) {
  world_->Stop();
  Listener agent(*world_, kAgent, "");
  EXPECT_THAT(agent.Publish(Command("x")),
              HasReason(reason::kBrokerUnavailable));
}

TEST_P(MqttContractTest, ALaterSubscriberDoesNotSeeACommand) {
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(agent.Connected());
  ASSERT_OK(agent.Publish(Command("early")));
  Listener device(*world_, kDevice, kDown);
  ASSERT_TRUE(device.Connected());
  ASSERT_OK(agent.Publish(Command("late")));
  ASSERT_TRUE(device.Receives(1));
  EXPECT_EQ(device.messages()[0].payload, "late");
}

TEST_P(MqttContractTest, ALaterSubscriberSeesWhatIsRetained) {
  Listener device(*world_, kDevice, "");
  ASSERT_TRUE(device.Connected());
  Message message = Command("online");
  message.topic = kPresence;
  message.retain = true;
  ASSERT_OK(device.Publish(message));
  Listener agent(*world_, kAgent, kPresence);
  ASSERT_TRUE(agent.Receives(1));
  EXPECT_TRUE(agent.messages()[0].retain);
}

TEST_P(MqttContractTest, KeepsAMessageForAClientThatIsAway) {
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  device.Leave();
  ASSERT_OK(agent.Publish(Command("x")));
  Listener again(*world_, kDevice, kDown);
  EXPECT_TRUE(again.Receives(1));
}

TEST_P(MqttContractTest, KeepsNoMessageThatIsSentAtMostOnce) {
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  device.Leave();
  Message message = Command("lost");
  message.qos = Qos::kAtMostOnce;
  ASSERT_OK(agent.Publish(message));
  ASSERT_OK(agent.Publish(Command("kept")));
  Listener again(*world_, kDevice, kDown);
  ASSERT_TRUE(again.Receives(1));
  EXPECT_EQ(again.messages()[0].payload, "kept");
}

TEST_P(MqttContractTest, DropsWhatIsTooOld) {
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  device.Leave();
  Message old = Command("old");
  old.expiry = absl::Seconds(1);
  ASSERT_OK(agent.Publish(old));
  ASSERT_OK(agent.Publish(Command("fresh")));
  world_->Pass(absl::Milliseconds(2500));
  Listener again(*world_, kDevice, kDown);
  ASSERT_TRUE(again.Receives(1));
  EXPECT_EQ(again.messages()[0].payload, "fresh");
}

TEST_P(MqttContractTest, ConnectsAgainAfterTheBrokerWasAway) {
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  world_->Stop();
  ASSERT_TRUE(world_->Until([&] { return agent.connections().size() == 2; }));
  world_->Restart();
  ASSERT_TRUE(world_->Until([&] {
    return agent.connections().size() == 3 && device.connections().size() == 3;
  }));
  EXPECT_THAT(agent.connections(), ElementsAre(true, false, true));
  ASSERT_OK(agent.Publish(Command("after")));
  EXPECT_TRUE(device.Receives(1));
}

TEST_P(MqttContractTest, TellsThatTheBrokerRefusesAMessage) {
  Listener device(*world_, kDevice, kDown);
  ASSERT_TRUE(device.Connected());
  EXPECT_THAT(device.Publish(Command("x")), HasReason(reason::kBrokerRefused));
  EXPECT_THAT(device.messages(), IsEmpty());
}

TEST_P(MqttContractTest, ABatchArrivesInOrder) {
  constexpr size_t kBatch = 1000;
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  for (size_t i = 0; i < kBatch; ++i) agent.Begin(Command(absl::StrCat(i)));
  ASSERT_TRUE(device.Receives(kBatch));
  ASSERT_TRUE(world_->Until([&] { return agent.outcomes().size() == kBatch; }));
  for (const absl::Status& status : agent.outcomes()) ASSERT_OK(status);
  const std::vector<Message> messages = device.messages();
  ASSERT_THAT(messages, SizeIs(kBatch));
  for (size_t i = 0; i < kBatch; ++i) {
    ASSERT_EQ(messages[i].payload, absl::StrCat(i));
  }
}

TEST_P(MqttContractTest, TakesTheLargestPayload) {
  Listener device(*world_, kDevice, kDown);
  Listener agent(*world_, kAgent, "");
  ASSERT_TRUE(device.Connected() && agent.Connected());
  ASSERT_OK(agent.Publish(Command(std::string(kMaxPayload, 'x'))));
  ASSERT_TRUE(device.Receives(1));
  EXPECT_THAT(device.messages()[0].payload, SizeIs(kMaxPayload));
}

TEST_P(MqttContractTest, AHandlerMayPublish) {
  auto device = world_->MakeClient(kDevice);
  ASSERT_OK(device->Subscribe(kDown, Qos::kAtLeastOnce, [&](const Message&) {
    Message answer = Command("answer");
    answer.topic = kUp;
    device->Publish(answer, nullptr);
  }));
  device->Start();
  Listener agent(*world_, kAgent, kUp);
  ASSERT_TRUE(agent.Connected());
  ASSERT_TRUE(world_->Until([&] { return device->state().ok(); }));
  ASSERT_OK(agent.Publish(Command("question")));
  EXPECT_TRUE(agent.Receives(1));
  device.reset();
}

std::string NameOf(const testing::TestParamInfo<WorldFactory>& info) {
  return info.param.name;
}
INSTANTIATE_TEST_SUITE_P(Fake, MqttContractTest,
                         testing::Values(WorldFactory{
                             "Fake",
                             [] { return std::make_unique<FakeWorld>(); }}),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Real, MqttContractTest,
                         testing::Values(WorldFactory{
                             "Mosquitto",
                             [] { return std::make_unique<RealWorld>(); }}),
                         NameOf);

}  // namespace
}  // namespace u2fi::mqtt
