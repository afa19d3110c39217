#include "tools/device-emulator/device_link.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/device-emulator/fake_console.h"

namespace u2fi::device {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Says what it hears.
class EchoEndpoint : public Endpoint {
 public:
  explicit EchoEndpoint(bool kit) : kit_(kit) {}
  bool has_kit() const override { return kit_; }
  Payloads Connected() override { return {"hello"}; }
  Payloads Receive(absl::string_view payload) override {
    return {"heard " + std::string(payload)};
  }
  Payloads Tick() override { return {"tick"}; }
  absl::StatusOr<Payloads> Control(
      const std::vector<std::string>& words) override {
    if (words[0] == "bad") return FieldError("command", "is bad");
    return Payloads{words[0]};
  }
  std::string Describe() const override { return "an echo"; }

 private:
  const bool kit_;
};

class DeviceLinkTest : public testing::Test {
 protected:
  // The agent hears everything that the device says.
  DeviceLinkTest() : agent_(broker_.MakeClient("agent")) {
    for (const mqtt::TopicKind kind :
         {mqtt::TopicKind::kUp, mqtt::TopicKind::kPlainState,
          mqtt::TopicKind::kPresence}) {
      EXPECT_OK(agent_->Subscribe(topics_.FilterFor(kind),
                                  mqtt::Qos::kAtLeastOnce,
                                  [this](const mqtt::Message& message) {
                                    heard_.push_back(message.payload);
                                    last_ = message;
                                  }));
    }
    agent_->Start();
    broker_.Settle();
  }

  void Switch(bool kit) {
    link_ = std::make_unique<DeviceLink>(
        "cam-1", topics_,
        broker_.MakeClient("cam-1", true, DeviceLink::Will(topics_, "cam-1")),
        std::make_unique<EchoEndpoint>(kit), console_);
    broker_.Settle();
  }
  std::vector<std::string> TakeHeard() { return std::exchange(heard_, {}); }
  void Send(mqtt::TopicKind kind, const std::string& payload) {
    mqtt::Message message;
    message.topic = topics_.Of("cam-1", kind);
    message.payload = payload;
    message.correlation = "c7";
    agent_->Publish(message, nullptr);
    broker_.Settle();
  }

  FakeClock clock_;
  mqtt::FakeMqttBroker broker_{clock_};
  const mqtt::GatewayTopics topics_ =
      mqtt::GatewayTopics::Create("acme", "home", "gw-1").value();
  FakeConsole console_;
  std::vector<std::string> heard_;
  mqtt::Message last_;
  std::unique_ptr<mqtt::MqttClient> agent_;
  std::unique_ptr<DeviceLink> link_;
};

TEST_F(DeviceLinkTest, TellsThatItIsThereAndWhoItIs) {
  Switch(true);
  EXPECT_THAT(TakeHeard(), ElementsAre("online", "hello"));
}

TEST_F(DeviceLinkTest, AnswersWithTheCorrelation) {
  Switch(true);
  Send(mqtt::TopicKind::kDown, "x");
  EXPECT_EQ(last_.payload, "heard x");
  EXPECT_EQ(last_.correlation, "c7");
}

TEST_F(DeviceLinkTest, AKitDeviceDoesNotListenToThePlainTopic) {
  Switch(true);
  TakeHeard();
  Send(mqtt::TopicKind::kPlainSet, "x");
  EXPECT_THAT(TakeHeard(), IsEmpty());
}

TEST_F(DeviceLinkTest, APlainDeviceUsesThePlainTopics) {
  Switch(false);
  Send(mqtt::TopicKind::kPlainSet, "x");
  EXPECT_EQ(last_.topic, topics_.Of("cam-1", mqtt::TopicKind::kPlainState));
  TakeHeard();
  Send(mqtt::TopicKind::kDown, "x");
  EXPECT_THAT(TakeHeard(), IsEmpty());
}

TEST_F(DeviceLinkTest, TicksItsEndpoint) {
  Switch(true);
  link_->Tick();
  broker_.Settle();
  EXPECT_THAT(TakeHeard(), Contains("tick"));
}

TEST_F(DeviceLinkTest, PassesOnWhatAPersonDoes) {
  Switch(true);
  ASSERT_OK(link_->Control({"reset"}));
  broker_.Settle();
  EXPECT_THAT(TakeHeard(), Contains("reset"));
}

TEST_F(DeviceLinkTest, RefusesWhatTheEndpointRefuses) {
  Switch(true);
  EXPECT_THAT(link_->Control({"bad"}), HasReason(reason::kInvalidField));
}

TEST_F(DeviceLinkTest, SaysThatItGoes) {
  Switch(true);
  TakeHeard();
  link_.reset();
  broker_.Settle();
  EXPECT_THAT(TakeHeard(), ElementsAre("offline"));
}

TEST_F(DeviceLinkTest, ItsWillSaysThatItWasLost) {
  Switch(true);
  TakeHeard();
  broker_.Disconnect("cam-1");
  broker_.Settle();
  EXPECT_THAT(TakeHeard(), Contains("offline"));
}

TEST_F(DeviceLinkTest, SaysHelloAgainOnANewConnection) {
  Switch(true);
  TakeHeard();
  broker_.Disconnect("cam-1");
  broker_.Settle();
  EXPECT_THAT(TakeHeard(), Contains("hello"));
}

TEST_F(DeviceLinkTest, DescribesItself) {
  Switch(true);
  EXPECT_EQ(link_->Describe(), "cam-1: an echo, connected");
  broker_.Stop();
  broker_.Settle();
  EXPECT_THAT(link_->Describe(), HasSubstr("cam-1: an echo, away"));
}

}  // namespace
}  // namespace u2fi::device
