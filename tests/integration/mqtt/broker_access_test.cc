// Who may do what at a site's broker: mosquitto with the files of BrokerFiles.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/mqtt/paho_client.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "tests/integration/mqtt/mosquitto.h"

namespace u2fi::mqtt {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

bool Until(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

// A connected client that remembers the payloads it got.
class Peer {
 public:
  Peer(const BrokerOptions& options, const std::string& filter)
      : client_(
            MakePahoClient(options, SystemClock(), SystemRandom()).value()) {
    EXPECT_OK(client_->Subscribe(filter, Qos::kAtLeastOnce,
                                 [this](const Message& message) {
                                   MutexLock lock(mutex_);
                                   payloads_.push_back(message.payload);
                                 }));
    client_->Start();
  }
  bool Connects() {
    return Until([this] { return client_->state().ok(); });
  }
  absl::Status Publish(const std::string& topic, const std::string& payload) {
    Message message;
    message.topic = topic;
    message.payload = payload;
    message.qos = Qos::kAtLeastOnce;
    {
      MutexLock lock(mutex_);
      finished_ = false;
    }
    client_->Publish(message, [this](const absl::Status& status) {
      MutexLock lock(mutex_);
      finished_ = true;
      outcome_ = status;
    });
    Until([this] {
      MutexLock lock(mutex_);
      return finished_;
    });
    MutexLock lock(mutex_);
    return outcome_;
  }
  std::vector<std::string> payloads() const {
    MutexLock lock(mutex_);
    return payloads_;
  }
  absl::Status state() const { return client_->state(); }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> payloads_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status outcome_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<MqttClient> client_;
};

class BrokerAccessTest : public testing::Test {
 protected:
  BrokerOptions OptionsFor(const std::string& user) {
    return broker_->OptionsFor(user).value();
  }
  // Why a client with these options does not get in.
  absl::Status Refusal(const BrokerOptions& options) {
    auto client =
        MakePahoClient(options, SystemClock(), SystemRandom()).value();
    const std::string first = std::string(client->state().message());
    client->Start();
    Until([&] { return client->state().message() != first; });
    return client->state();
  }
  std::string Topic(const std::string& device, TopicKind kind) {
    return broker_->files().topics().Of(device, kind);
  }

  std::unique_ptr<Mosquitto> broker_ = Mosquitto::Start().value();
};

TEST_F(BrokerAccessTest, TheAgentCommandsADevice) {
  Peer agent(OptionsFor("agent.g-1"), "u2fi/t-1/s-1/g-1/+/up");
  Peer camera(OptionsFor("camera-1"), Topic("camera-1", TopicKind::kDown));
  ASSERT_TRUE(agent.Connects() && camera.Connects());
  EXPECT_OK(agent.Publish(Topic("camera-1", TopicKind::kDown), "on"));
  EXPECT_TRUE(Until([&] { return camera.payloads().size() == 1; }));
  EXPECT_OK(camera.Publish(Topic("camera-1", TopicKind::kUp), "done"));
  EXPECT_TRUE(Until([&] { return agent.payloads().size() == 1; }));
}

TEST_F(BrokerAccessTest, NoDeviceCommandsAnotherOrItself) {
  Peer camera(OptionsFor("camera-1"), Topic("camera-1", TopicKind::kDown));
  Peer bulb(OptionsFor("bulb-1"), Topic("bulb-1", TopicKind::kDown));
  ASSERT_TRUE(camera.Connects() && bulb.Connects());
  for (TopicKind kind : {TopicKind::kDown, TopicKind::kPlainSet}) {
    EXPECT_THAT(bulb.Publish(Topic("camera-1", kind), "on"),
                HasReason(reason::kBrokerRefused));
    EXPECT_THAT(bulb.Publish(Topic("bulb-1", kind), "on"),
                HasReason(reason::kBrokerRefused));
  }
  EXPECT_THAT(camera.payloads(), IsEmpty());
}

TEST_F(BrokerAccessTest, NoOtherUserOfTheBrokerCommandsADevice) {
  Peer other(OptionsFor("house-automation"), "#");
  ASSERT_TRUE(other.Connects());
  for (TopicKind kind : {TopicKind::kDown, TopicKind::kPlainSet}) {
    EXPECT_THAT(other.Publish(Topic("camera-1", kind), "on"),
                HasReason(reason::kBrokerRefused));
  }
}

TEST_F(BrokerAccessTest, TheAgentOfAnotherGatewayCommandsNothingHere) {
  Peer other(OptionsFor("agent.g-2"), "#");
  ASSERT_TRUE(other.Connects());
  EXPECT_THAT(other.Publish(Topic("camera-1", TopicKind::kDown), "on"),
              HasReason(reason::kBrokerRefused));
}

TEST_F(BrokerAccessTest, NoDeviceSpeaksForAnother) {
  Peer bulb(OptionsFor("bulb-1"), Topic("bulb-1", TopicKind::kDown));
  ASSERT_TRUE(bulb.Connects());
  for (TopicKind kind :
       {TopicKind::kUp, TopicKind::kPlainState, TopicKind::kPresence}) {
    EXPECT_THAT(bulb.Publish(Topic("camera-1", kind), "done"),
                HasReason(reason::kBrokerRefused));
  }
}

TEST_F(BrokerAccessTest, NobodyReadsWhatIsForADevice) {
  Peer agent(OptionsFor("agent.g-1"), "u2fi/t-1/s-1/g-1/+/up");
  Peer bulb(OptionsFor("bulb-1"), "#");
  Peer camera(OptionsFor("camera-1"), "#");
  ASSERT_TRUE(agent.Connects() && bulb.Connects() && camera.Connects());
  ASSERT_OK(agent.Publish(Topic("camera-1", TopicKind::kDown), "secret"));
  ASSERT_OK(camera.Publish(Topic("camera-1", TopicKind::kUp), "answer"));
  // Its own message is behind the others: when it is there, they are not.
  ASSERT_OK(agent.Publish(Topic("bulb-1", TopicKind::kDown), "mine"));
  ASSERT_TRUE(Until([&] { return !bulb.payloads().empty(); }));
  EXPECT_THAT(bulb.payloads(), ElementsAre("mine"));
  EXPECT_THAT(camera.payloads(), ElementsAre("secret"));
}

TEST_F(BrokerAccessTest, AWrongPasswordIsRefused) {
  BrokerOptions options = OptionsFor("camera-1");
  options.password = "guess";
  EXPECT_THAT(Refusal(options), HasReason(reason::kBrokerRefused));
}

TEST_F(BrokerAccessTest, AnUnknownUserIsRefused) {
  BrokerOptions options = OptionsFor("camera-1");
  options.user = "camera-2";
  EXPECT_THAT(Refusal(options), HasReason(reason::kBrokerRefused));
}

TEST_F(BrokerAccessTest, AClientRefusesABrokerOfAnotherAuthority) {
  BrokerOptions options = OptionsFor("camera-1");
  options.ca_file = broker_->other_ca_file();
  EXPECT_THAT(Refusal(options), HasReason(reason::kBrokerUnavailable));
}

TEST_F(BrokerAccessTest, AClientRefusesABrokerOfAnotherName) {
  BrokerOptions options = OptionsFor("camera-1");
  options.host = "localhost";
  EXPECT_THAT(Refusal(options), HasReason(reason::kBrokerUnavailable));
}

TEST_F(BrokerAccessTest, ThePasswordIsNeverSentInPlaintext) {
  BrokerOptions options = OptionsFor("camera-1");
  options.plaintext = true;
  EXPECT_THAT(Refusal(options), HasReason(reason::kBrokerUnavailable));
}

TEST_F(BrokerAccessTest, ARemovedUserIsDisconnected) {
  Peer camera(OptionsFor("camera-1"), "#");
  ASSERT_TRUE(camera.Connects());
  ASSERT_OK(broker_->files().Remove("camera-1"));
  ASSERT_OK(broker_->files().Reload());
  EXPECT_TRUE(
      Until([&] { return IsReason(camera.state(), reason::kBrokerRefused); }));
}

TEST_F(BrokerAccessTest, AnotherUserCannotTakeOverAClientId) {
  Peer camera(OptionsFor("camera-1"), Topic("camera-1", TopicKind::kDown));
  Peer agent(OptionsFor("agent.g-1"), "u2fi/t-1/s-1/g-1/+/up");
  ASSERT_TRUE(camera.Connects() && agent.Connects());
  const BrokerOptions thief = OptionsFor("bulb-1");
  ASSERT_EQ(RunProgram({"mosquitto_pub",
                        "-V",
                        "5",
                        "-h",
                        "127.0.0.1",
                        "-p",
                        absl::StrCat(thief.port),
                        "--cafile",
                        thief.ca_file,
                        "-i",
                        "camera-1",
                        "-u",
                        "bulb-1",
                        "-P",
                        thief.password,
                        "-q",
                        "1",
                        "-t",
                        Topic("bulb-1", TopicKind::kUp),
                        "-m",
                        "hello"}),
            0);
  ASSERT_TRUE(Until([&] { return agent.payloads().size() == 1; }));
  EXPECT_OK(camera.state());
  EXPECT_OK(agent.Publish(Topic("camera-1", TopicKind::kDown), "on"));
  EXPECT_TRUE(Until([&] { return camera.payloads().size() == 1; }));
}

TEST_F(BrokerAccessTest, ALostDeviceIsReportedByItsWill) {
  Peer agent(OptionsFor("agent.g-1"), "u2fi/t-1/s-1/g-1/+/presence");
  ASSERT_TRUE(agent.Connects());
  const BrokerOptions options = OptionsFor("camera-1");
  const std::string presence = Topic("camera-1", TopicKind::kPresence);
  const pid_t device = Spawn({"mosquitto_sub",
                              "-V",
                              "5",
                              "-h",
                              "127.0.0.1",
                              "-p",
                              absl::StrCat(options.port),
                              "--cafile",
                              options.ca_file,
                              "-u",
                              "camera-1",
                              "-P",
                              options.password,
                              "-t",
                              Topic("camera-1", TopicKind::kDown),
                              "--will-topic",
                              presence,
                              "--will-payload",
                              "offline",
                              "--will-qos",
                              "1",
                              "--will-retain"});
  ASSERT_GT(device, 0);
  // Connected once the broker takes it for a subscriber: the will is in force.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  kill(device, SIGKILL);
  waitpid(device, nullptr, 0);
  EXPECT_TRUE(Until([&] { return !agent.payloads().empty(); }));
  EXPECT_THAT(agent.payloads(), ElementsAre("offline"));
}

}  // namespace
}  // namespace u2fi::mqtt
