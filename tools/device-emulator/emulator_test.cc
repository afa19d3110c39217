#include "tools/device-emulator/emulator.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/mqtt/link_file.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/device-emulator/execution_journal.h"
#include "tools/device-emulator/fake_agent.h"
#include "tools/device-emulator/fake_console.h"

namespace u2fi::device {
namespace {

using mqtt::Message;
using mqtt::Qos;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kPrefix[] = "u2fi/acme/home/gw-1/";

class EmulatorTest : public testing::Test {
 protected:
  EmulatorTest() {
    std::string folder = testing::TempDir() + "/emulator_XXXXXX";
    folder_ = mkdtemp(folder.data());
    EXPECT_OK(MakeFolder(folder_ + "/links", 0700));
    agent_client_ = broker_.MakeClient("agent.gw-1");
    EXPECT_OK(agent_client_->Subscribe(
        "#", Qos::kAtLeastOnce,
        [this](const Message& message) { received_.push_back(message); }));
    agent_client_->Start();
    emulator_ = MakeEmulator();
  }
  std::unique_ptr<Emulator> MakeEmulator() {
    Emulator::Options options;
    options.devices = {{"lock-1", "lock", true}, {"bulb-1", "bulb", false}};
    options.state = folder_ + "/state";
    options.links = folder_ + "/links";
    return std::make_unique<Emulator>(
        options, clock_, console_, [this](const mqtt::BrokerOptions& broker) {
          return broker_.MakeClient(broker.user, true, broker.will);
        });
  }
  void Link(const std::string& device, const std::string& password = "p") {
    mqtt::DeviceLinkSettings settings;
    settings.host = "192.0.2.1";
    settings.ca_file = "/ca.pem";
    settings.tenant = "acme";
    settings.site = "home";
    settings.gateway = "gw-1";
    settings.device = device;
    settings.password = password;
    ASSERT_OK(
        mqtt::WriteLinkFile(folder_ + "/links/" + device + ".json", settings));
  }
  void Settle() {
    emulator_->Tick();
    broker_.Settle();
  }
  void Publish(const std::string& topic, const std::string& payload,
               const std::string& correlation = "") {
    Message message;
    message.topic = kPrefix + topic;
    message.payload = payload;
    message.qos = Qos::kAtLeastOnce;
    message.correlation = correlation;
    agent_client_->Publish(message, nullptr);
    broker_.Settle();
  }
  // The messages from devices on a topic.
  std::vector<Message> Received(const std::string& topic) {
    std::vector<Message> found;
    for (const Message& message : received_) {
      if (message.topic == kPrefix + topic) found.push_back(message);
    }
    return found;
  }
  v1::FromDevice LastUp() {
    v1::FromDevice message;
    EXPECT_TRUE(message.ParseFromString(Received("lock-1/up").back().payload));
    return message;
  }
  int Executions(const std::string& device) {
    return ReadJournal(
               *ReadFile(folder_ + "/state/" + device + "/executions.log",
                         1 << 20))
        .size();
  }

  std::string folder_;
  FakeClock clock_;
  FakeConsole console_;
  mqtt::FakeMqttBroker broker_{clock_};
  FakeAgent agent_;
  std::vector<Message> received_;
  std::unique_ptr<mqtt::MqttClient> agent_client_;
  std::unique_ptr<Emulator> emulator_;
};

TEST(ParseDeviceSpecTest, ReadsBothKinds) {
  ASSERT_OK_AND_ASSIGN(DeviceSpec kit, ParseDeviceSpec("camera-1=camera"));
  EXPECT_EQ(kit.id, "camera-1");
  EXPECT_EQ(kit.model, "camera");
  EXPECT_TRUE(kit.has_kit);
  ASSERT_OK_AND_ASSIGN(DeviceSpec plain, ParseDeviceSpec("b=bulb:plain"));
  EXPECT_FALSE(plain.has_kit);
}

TEST(ParseDeviceSpecTest, RefusesEverythingElse) {
  for (const char* text : {"", "camera-1", "=camera", "Camera=camera",
                           "a=toaster", "a=camera:full", "../x=camera"}) {
    EXPECT_FALSE(ParseDeviceSpec(text).ok()) << text;
  }
}

TEST_F(EmulatorTest, WaitsForTheLinkFileAndSaysSoOnce) {
  Settle();
  Settle();
  EXPECT_THAT(console_.lines(), SizeIs(2));
  EXPECT_THAT(console_.lines(),
              Contains(AllOf(HasSubstr("lock-1: waits"), HasSubstr("links"))));
}

TEST_F(EmulatorTest, ConnectsWhenTheLinkFileComes) {
  Settle();
  Link("lock-1");
  Settle();
  EXPECT_THAT(console_.lines(), Contains("lock-1: connected"));
  EXPECT_EQ(LastUp().hello().model(), "lock");
}

TEST_F(EmulatorTest, RefusesAnotherDevicesLinkFile) {
  Link("lock-2");
  ASSERT_EQ(rename((folder_ + "/links/lock-2.json").c_str(),
                   (folder_ + "/links/lock-1.json").c_str()),
            0);
  Settle();
  EXPECT_THAT(console_.lines(), Contains(HasSubstr("another device's")));
}

TEST_F(EmulatorTest, ConnectsAgainWhenTheLinkFileChanges) {
  Link("lock-1");
  Settle();
  Link("lock-1", "another password");
  Settle();
  EXPECT_THAT(Received("lock-1/up"), SizeIs(2));  // Two times Hello.
}

TEST_F(EmulatorTest, TellsItsPresence) {
  Link("lock-1");
  Settle();
  ASSERT_THAT(Received("lock-1/presence"), SizeIs(1));
  EXPECT_EQ(Received("lock-1/presence")[0].payload, "online");
  emulator_.reset();
  broker_.Settle();
  EXPECT_EQ(Received("lock-1/presence")[1].payload, "offline");
}

TEST_F(EmulatorTest, ItsWillTellsThatItIsLost) {
  Link("lock-1");
  Settle();
  broker_.Disconnect("lock-1");
  broker_.Settle();
  EXPECT_EQ(Received("lock-1/presence")[1].payload, "offline");
}

TEST_F(EmulatorTest, AnswersACommandWithItsCorrelation) {
  Link("lock-1");
  Settle();
  Publish("lock-1/down", agent_.Stage());
  Publish("lock-1/down", agent_.Commit());
  Publish("lock-1/down", agent_.Touched("lock.unlock", 2), "id-2");
  EXPECT_THAT(LastUp().result().outcome(), HasSubstr("SUCCEEDED"));
  const Message answer = Received("lock-1/up").back();
  EXPECT_EQ(answer.correlation, "id-2");
  EXPECT_EQ(answer.qos, Qos::kAtLeastOnce);
  EXPECT_FALSE(answer.retain);
}

TEST_F(EmulatorTest, StaysBoundWhenItIsStartedAgain) {
  Link("lock-1");
  Settle();
  Publish("lock-1/down", agent_.Stage());
  Publish("lock-1/down", agent_.Commit());
  const std::string message = agent_.Touched("lock.unlock", 2);
  Publish("lock-1/down", message);
  emulator_.reset();
  emulator_ = MakeEmulator();
  Settle();
  EXPECT_EQ(LastUp().hello().pins().state(), v1::BINDING_STATE_BOUND);
  Publish("lock-1/down", message);
  EXPECT_THAT(LastUp().result().outcome(), HasSubstr("SUCCEEDED"));
  EXPECT_EQ(Executions("lock-1"), 2);  // u2fi.pins and lock.unlock.
}

TEST_F(EmulatorTest, TicksItsDevices) {
  Link("lock-1");
  Settle();
  Publish("lock-1/down", agent_.Stage("tx-1", 1000));
  clock_.Advance(absl::Seconds(1));
  Settle();
  EXPECT_EQ(LastUp().pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(EmulatorTest, APlainDeviceDoesWhateverComesAsOftenAsItComes) {
  Link("bulb-1");
  Settle();
  const std::string payload =
      R"({"command":"abc","operation":"bulb.on","arguments":{}})";
  Publish("bulb-1/plain/set", payload, "abc");
  Publish("bulb-1/plain/set", payload, "abc");
  const auto answers = Received("bulb-1/plain/state");
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_EQ(answers[0].payload,
            R"({"command":"abc","outcome":"SUCCEEDED {\"power\":\"on\"}"})");
  EXPECT_EQ(answers[0].correlation, "abc");
  EXPECT_EQ(answers[0].qos, Qos::kAtMostOnce);
  EXPECT_EQ(Executions("bulb-1"), 2);
}

TEST_F(EmulatorTest, APlainDeviceIgnoresWhatItCannotRead) {
  Link("bulb-1");
  Settle();
  for (const char* payload :
       {"", "x", "[]", "{}", R"({"command":"a","operation":"bulb.on"})",
        R"({"command":"a b","operation":"bulb.on","arguments":{}})",
        R"({"command":"a","operation":1,"arguments":{}})"}) {
    Publish("bulb-1/plain/set", payload);
  }
  EXPECT_THAT(Received("bulb-1/plain/state"), IsEmpty());
  EXPECT_EQ(Executions("bulb-1"), 0);
}

TEST_F(EmulatorTest, APlainDeviceRefusesWhatItCannotDo) {
  Link("bulb-1");
  Settle();
  Publish("bulb-1/plain/set",
          R"({"command":"a","operation":"lock.unlock","arguments":{}})");
  EXPECT_THAT(Received("bulb-1/plain/state")[0].payload,
              HasSubstr("REFUSED OPERATION_UNKNOWN"));
  EXPECT_EQ(Executions("bulb-1"), 0);
}

TEST_F(EmulatorTest, ListsItsDevices) {
  Link("lock-1");
  Settle();
  const std::string list = emulator_->Command("list");
  EXPECT_THAT(list, HasSubstr("lock-1: lock with the kit, sequence 0, blank, "
                              "connected\n"));
  EXPECT_THAT(list, HasSubstr("bulb-1: waits:"));
}

TEST_F(EmulatorTest, ListsWhomADeviceObeys) {
  Link("lock-1");
  Settle();
  Publish("lock-1/down", agent_.Stage());
  EXPECT_THAT(emulator_->Command("list"), HasSubstr("staged by tx-1"));
  Publish("lock-1/down", agent_.Commit());
  EXPECT_THAT(emulator_->Command("list"),
              HasSubstr("obeys alice by revision 1"));
}

TEST_F(EmulatorTest, PressesTheResetButton) {
  Link("lock-1");
  Settle();
  EXPECT_EQ(emulator_->Command("reset lock-1"), "done\n");
  broker_.Settle();
  EXPECT_EQ(LastUp().pins().state(), v1::BINDING_STATE_BLANK);
}

TEST_F(EmulatorTest, MakesAnEventHappen) {
  Link("lock-1");
  Settle();
  EXPECT_EQ(emulator_->Command(R"(event lock-1 door.open {"by": "hand"})"),
            "done\n");
  broker_.Settle();
  EXPECT_EQ(LastUp().event().name(), "door.open");
  EXPECT_EQ(LastUp().event().arguments(), R"({"by": "hand"})");
}

TEST_F(EmulatorTest, RefusesABadEvent) {
  Link("lock-1");
  Settle();
  EXPECT_THAT(emulator_->Command("event lock-1 Door"), HasSubstr("refused"));
  EXPECT_THAT(emulator_->Command("event lock-1 door {"), HasSubstr("refused"));
}

TEST_F(EmulatorTest, RefusesACommandItDoesNotHave) {
  Link("lock-1");
  Link("bulb-1");
  Settle();
  for (const char* line : {"", "reset", "fly lock-1", "reset lock-9",
                           "reset bulb-1", "reset lock-1 now", "list all"}) {
    EXPECT_THAT(emulator_->Command(line), HasSubstr("refused")) << line;
  }
}

}  // namespace
}  // namespace u2fi::device
