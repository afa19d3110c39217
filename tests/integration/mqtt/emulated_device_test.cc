// The device-emulator program behind a real mosquitto, with the test as its
// agent: what holds when messages repeat and processes die.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/link_file.h"
#include "services/common/mqtt/paho_client.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "tests/integration/mqtt/mosquitto.h"
#include "tools/device-emulator/execution_journal.h"
#include "tools/device-emulator/fake_agent.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device {
namespace {

using mqtt::Message;
using mqtt::Qos;
using mqtt::TopicKind;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

constexpr char kProgram[] = "tools/device-emulator/device-emulator";

bool Until(const std::function<bool()>& condition,
           absl::Duration limit = absl::Seconds(15)) {
  const absl::Duration end = SystemClock().Uptime() + limit;
  while (!condition()) {
    if (SystemClock().Uptime() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class EmulatedDeviceTest : public testing::Test {
 protected:
  EmulatedDeviceTest() {
    broker_ = mqtt::Mosquitto::Start({"acme", "home", "gw-1"}).value();
    client_ = mqtt::MakePahoClient(broker_->OptionsFor("agent.gw-1").value(),
                                   SystemClock(), SystemRandom())
                  .value();
    for (TopicKind kind : {TopicKind::kUp, TopicKind::kPlainState}) {
      EXPECT_OK(client_->Subscribe(
          topics().FilterFor(kind), Qos::kAtLeastOnce,
          [this](const Message& message) { OnMessage(message); }));
    }
    client_->Start();
    EXPECT_OK(MakeFolder(broker_->folder() + "/links", 0700));
    Link("lock-1");
    Link("bulb-1");
    EXPECT_TRUE(Until([&] { return client_->state().ok(); }));
  }
  ~EmulatedDeviceTest() override {
    Kill();
    client_.reset();
  }

  const mqtt::GatewayTopics& topics() { return broker_->files().topics(); }

  void Link(const std::string& device) {
    const mqtt::BrokerOptions options = broker_->OptionsFor(device).value();
    mqtt::DeviceLinkSettings settings;
    settings.host = options.host;
    settings.port = options.port;
    settings.ca_file = options.ca_file;
    settings.tenant = "acme";
    settings.site = "home";
    settings.gateway = "gw-1";
    settings.device = device;
    settings.password = options.password;
    ASSERT_OK(mqtt::WriteLinkFile(
        absl::StrCat(broker_->folder(), "/links/", device, ".json"), settings));
  }

  void StartDevices(int act_ms = 0) {
    pid_ = mqtt::Spawn({kProgram, "run", "--state", State(), "--links",
                        broker_->folder() + "/links", "--device", "lock-1=lock",
                        "--device", "bulb-1=bulb:plain", "--act-ms",
                        absl::StrCat(act_ms)});
    ASSERT_GT(pid_, 0);
  }
  void Kill() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  int ActsOf(uint64_t sequence) {
    int acts = 0;
    for (const auto& act : Executions("lock-1")) {
      acts += act.sequence == sequence ? 1 : 0;
    }
    return acts;
  }
  std::string State() const { return broker_->folder() + "/devices"; }

  void OnMessage(const Message& message) {
    v1::FromDevice parsed;
    MutexLock lock(mutex_);
    if (message.topic == topics().Of("lock-1", TopicKind::kUp)) {
      if (parsed.ParseFromString(message.payload)) received_.push_back(parsed);
    } else {
      plain_.push_back(message.payload);
    }
  }
  std::vector<v1::FromDevice> received() {
    MutexLock lock(mutex_);
    return received_;
  }
  std::vector<std::string> plain() {
    MutexLock lock(mutex_);
    return plain_;
  }

  void Publish(TopicKind kind, const std::string& payload,
               absl::Duration expiry = absl::Seconds(60)) {
    Message message;
    const bool kit = kind == TopicKind::kDown;
    message.topic = topics().Of(kit ? "lock-1" : "bulb-1", kind);
    message.payload = payload;
    message.qos = kit ? Qos::kAtLeastOnce : Qos::kAtMostOnce;
    message.expiry = expiry;
    client_->Publish(message, nullptr);
  }
  // Publishes until a message comes that is wanted, as an agent may.
  bool Ask(const std::string& payload,
           const std::function<bool(const v1::FromDevice&)>& wanted) {
    const size_t before = received().size();
    for (int i = 0; i < 30; ++i) {
      Publish(TopicKind::kDown, payload);
      if (Until([&] { return Has(before, wanted); }, absl::Seconds(1))) {
        return true;
      }
    }
    return false;
  }
  bool Has(size_t from,
           const std::function<bool(const v1::FromDevice&)>& wanted) {
    const auto all = received();
    for (size_t i = from; i < all.size(); ++i) {
      if (wanted(all[i])) return true;
    }
    return false;
  }
  bool WaitForHello() {
    const size_t before = received().size();
    return Until([&] {
      return Has(before, [](const v1::FromDevice& m) { return m.has_hello(); });
    });
  }
  bool Provision() {
    return Ask(agent_.Stage(),
               [](const v1::FromDevice& m) {
                 return m.pins().state() == v1::BINDING_STATE_STAGED;
               }) &&
           Ask(agent_.Commit(), [](const v1::FromDevice& m) {
             return m.pins().state() == v1::BINDING_STATE_BOUND;
           });
  }
  // The outcome of a command, asked for until it comes.
  std::string Outcome(const std::string& message) {
    std::string outcome;
    Ask(message, [&](const v1::FromDevice& m) {
      if (m.has_result()) outcome = m.result().outcome();
      return m.has_result();
    });
    return outcome;
  }
  std::vector<RecentCommand> Executions(const std::string& device) {
    std::vector<RecentCommand> acts;
    const auto text = ReadFile(
        absl::StrCat(State(), "/", device, "/executions.log"), 1 << 20);
    for (const RecentCommand& command : ReadJournal(text.value_or(""))) {
      if (command.operation != "u2fi.pins") acts.push_back(command);
    }
    return acts;
  }

  std::unique_ptr<mqtt::Mosquitto> broker_;
  FakeAgent agent_;
  Mutex mutex_;
  std::vector<v1::FromDevice> received_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> plain_ ABSL_GUARDED_BY(mutex_);
  pid_t pid_ = 0;
  std::unique_ptr<mqtt::MqttClient> client_;
};

TEST_F(EmulatedDeviceTest, IsProvisionedAndCommandedOverTheBroker) {
  StartDevices();
  ASSERT_TRUE(WaitForHello());
  ASSERT_TRUE(Provision());
  EXPECT_EQ(Outcome(agent_.Touched("lock.unlock", 2)),
            R"(SUCCEEDED {"bolt":"unlocked"})");
  EXPECT_EQ(Outcome(agent_.Command(agent_.CommandBytes("lock.unlock", 3), "")),
            "REFUSED OPERATION_NOT_FREE");
  EXPECT_THAT(Executions("lock-1"), SizeIs(1));
}

TEST_F(EmulatedDeviceTest, DoesACommandThatCameWhileItWasAwayOnce) {
  StartDevices();
  ASSERT_TRUE(WaitForHello() && Provision());
  Kill();
  const std::string message = agent_.Touched("lock.unlock", 2);
  Publish(TopicKind::kDown, message);
  Publish(TopicKind::kDown, message);
  StartDevices();
  EXPECT_TRUE(Until([&] { return Executions("lock-1").size() == 1; }));
  EXPECT_THAT(Outcome(message), StartsWith("SUCCEEDED"));
  EXPECT_THAT(Executions("lock-1"), SizeIs(1));
}

TEST_F(EmulatedDeviceTest, DoesNotHearOfACommandThatExpiredWhileItWasAway) {
  StartDevices();
  ASSERT_TRUE(WaitForHello() && Provision());
  Kill();
  Publish(TopicKind::kDown, agent_.Touched("lock.unlock", 2), absl::Seconds(1));
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  StartDevices();
  ASSERT_TRUE(WaitForHello());
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 3)),
              StartsWith("SUCCEEDED"));
  ASSERT_THAT(Executions("lock-1"), SizeIs(1));
  EXPECT_EQ(Executions("lock-1")[0].sequence, 3u);
}

TEST_F(EmulatedDeviceTest, APlainDeviceNeverHearsOfWhatCameWhileItWasAway) {
  StartDevices();
  ASSERT_TRUE(WaitForHello());
  const auto command = [](const std::string& id) {
    return absl::StrCat(R"({"command":")", id,
                        R"(","operation":"bulb.on","arguments":{}})");
  };
  ASSERT_TRUE(Until([&] {
    Publish(TopicKind::kPlainSet, command("first"));
    return !plain().empty();
  }));
  Kill();
  const size_t before = Executions("bulb-1").size();
  Publish(TopicKind::kPlainSet, command("away"));
  StartDevices();
  ASSERT_TRUE(WaitForHello());
  ASSERT_TRUE(Until([&] {
    Publish(TopicKind::kPlainSet, command("after"));
    return Executions("bulb-1").size() > before;
  }));
  for (const RecentCommand& act : Executions("bulb-1")) {
    EXPECT_NE(act.command_id, "away");
  }
}

TEST_F(EmulatedDeviceTest, ADeathWhileItActsIsUnknownAndNeverASecondAct) {
  StartDevices(/*act_ms=*/2000);
  ASSERT_TRUE(WaitForHello() && Provision());
  const std::string message = agent_.Touched("lock.unlock", 2);
  Publish(TopicKind::kDown, message);
  ASSERT_TRUE(Until([&] { return Executions("lock-1").size() == 1; }));
  Kill();
  StartDevices();
  ASSERT_TRUE(WaitForHello());
  EXPECT_EQ(Outcome(message), "UNKNOWN");
  v1::StatusReply reply;
  ASSERT_TRUE(Ask(agent_.Status(2), [&](const v1::FromDevice& m) {
    reply = m.status();
    return m.has_status();
  }));
  EXPECT_EQ(reply.state(), v1::SEQUENCE_STATE_USED);
  EXPECT_FALSE(reply.has_result());
  EXPECT_THAT(Executions("lock-1"), SizeIs(1));
}

TEST_F(EmulatedDeviceTest, ActsAtMostOnceWheneverItDies) {
  StartDevices();
  ASSERT_TRUE(WaitForHello() && Provision());
  constexpr int kCommands = 12;
  for (int i = 0; i < kCommands; ++i) {
    const std::string message = agent_.Touched("lock.unlock", 2 + i);
    Publish(TopicKind::kDown, message);
    Publish(TopicKind::kDown, message);
    std::this_thread::sleep_for(std::chrono::microseconds(700 * i));
    Kill();
    StartDevices();
    const std::string outcome = Outcome(message);
    const int acts = ActsOf(2 + i);
    // It died between the window and the act: never begun, and never again.
    const bool refused = outcome == "REFUSED SEQUENCE_STALE" && acts == 0;
    const bool acted =
        outcome == "UNKNOWN" || outcome.rfind("SUCCEEDED", 0) == 0;
    EXPECT_TRUE(refused || (acted && acts == 1))
        << outcome << ", acts " << acts;
  }
}

TEST_F(EmulatedDeviceTest, GoesOnAfterTheBrokerWasAway) {
  StartDevices();
  ASSERT_TRUE(WaitForHello() && Provision());
  broker_->Stop();
  ASSERT_TRUE(Until([&] { return !client_->state().ok(); }));
  ASSERT_OK(broker_->Launch());
  EXPECT_THAT(Outcome(agent_.Touched("lock.unlock", 2)),
              StartsWith("SUCCEEDED"));
}

}  // namespace
}  // namespace u2fi::device
