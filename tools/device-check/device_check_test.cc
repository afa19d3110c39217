// The checker against an emulated device behind a real mosquitto: a device that
// checks everything passes, one with a check left out does not.
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "services/common/mqtt/paho_client.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "tests/integration/mqtt/mosquitto.h"
#include "tools/device-check/checker.h"
#include "tools/device-emulator/device_link.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"
#include "tools/device-emulator/kit_endpoint.h"

namespace u2fi::device_check {
namespace {

using testing::HasSubstr;
using testing::Not;

// A device that acts where it had to refuse for `reason`: its maker left that
// check out.
class LaxEndpoint : public device::Endpoint {
 public:
  LaxEndpoint(std::unique_ptr<device::Endpoint> inner, std::string reason)
      : inner_(std::move(inner)), reason_(std::move(reason)) {}

  bool has_kit() const override { return true; }
  Payloads Connected() override { return inner_->Connected(); }
  Payloads Receive(absl::string_view payload) override {
    Payloads answers = inner_->Receive(payload);
    for (std::string& answer : answers) {
      device::v1::FromDevice message;
      if (message.ParseFromString(answer) &&
          message.result().outcome() == "REFUSED " + reason_) {
        message.mutable_result()->set_outcome("SUCCEEDED");
        answer = message.SerializeAsString();
      }
    }
    return answers;
  }
  Payloads Tick() override { return inner_->Tick(); }
  absl::StatusOr<Payloads> Control(
      const std::vector<std::string>& words) override {
    return inner_->Control(words);
  }
  std::string Describe() const override { return inner_->Describe(); }

 private:
  const std::unique_ptr<device::Endpoint> inner_;
  const std::string reason_;
};

class DeviceCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(broker_,
                         mqtt::Mosquitto::Start({kTenant, kSite, kGateway}));
  }

  std::unique_ptr<mqtt::MqttClient> ClientOf(const std::string& user,
                                             bool device) {
    auto options = broker_->OptionsFor(user);
    EXPECT_OK(options);
    const mqtt::GatewayTopics& topics = broker_->files().topics();
    if (device) options->will = device::DeviceLink::Will(topics, user);
    auto client = mqtt::MakePahoClient(*options, SystemClock(), SystemRandom());
    EXPECT_OK(client);
    return *std::move(client);
  }
  // Plays everything to a device without the check that refuses for `lax`.
  absl::StatusOr<Checker::Counts> Check(const std::string& lax) {
    device::Device::Parts parts{
        {kDevice, kGateway}, proof::FakeKey(kDevice), "lock", nullptr};
    auto made = device::Device::Create(
        std::move(parts), storage_, storage_.Load(), SystemClock(), console_);
    EXPECT_OK(made);
    device::DeviceLink link(
        kDevice, broker_->files().topics(), ClientOf(kDevice, true),
        std::make_unique<LaxEndpoint>(
            std::make_unique<device::KitEndpoint>(*std::move(made)), lax),
        console_);
    DeviceTalk talk(ClientOf("agent.gw-1", false), SystemClock(),
                    absl::Seconds(20));
    EXPECT_OK(talk.Start());
    Checker::Options options;
    options.reset = [&link] { return link.Control({"reset"}); };
    return Checker(talk, SystemClock(), out_, options).Run();
  }
  // The lines that say WRONG.
  std::string Wrong() const {
    std::string wrong;
    for (const absl::string_view line : absl::StrSplit(out_.str(), '\n')) {
      if (absl::StartsWith(line, "WRONG")) absl::StrAppend(&wrong, line, "\n");
    }
    return wrong;
  }

  std::unique_ptr<mqtt::Mosquitto> broker_;
  device::FakeConsole console_;
  device::FakeDeviceStorage storage_;
  std::ostringstream out_;
};

TEST_F(DeviceCheckTest, ADeviceThatChecksEverythingPasses) {
  ASSERT_OK_AND_ASSIGN(const Checker::Counts counts, Check("nothing"));
  EXPECT_EQ(counts.wrong, 0) << Wrong();
  EXPECT_GE(counts.right, 145);
  EXPECT_THAT(out_.str(), HasSubstr("ok     SequenceUsed"));
  EXPECT_THAT(out_.str(), HasSubstr("ok     SequenceTooFar"));
  EXPECT_THAT(out_.str(), HasSubstr("ok     SequenceAfterReset"));
}

TEST_F(DeviceCheckTest, ADeviceThatLooksAtNoRelaySignatureFails) {
  ASSERT_OK_AND_ASSIGN(const Checker::Counts counts, Check("RELAY_INVALID"));
  EXPECT_GT(counts.wrong, 0);
  EXPECT_THAT(Wrong(), HasSubstr("expected RELAY_INVALID"));
  EXPECT_THAT(Wrong(), HasSubstr("got ACCEPTED"));
  EXPECT_THAT(Wrong(), Not(HasSubstr("expected TOKEN")));
}

TEST_F(DeviceCheckTest, ADeviceThatActsTwiceOnANumberFails) {
  ASSERT_OK_AND_ASSIGN(const Checker::Counts counts, Check("SEQUENCE_STALE"));
  EXPECT_EQ(counts.wrong, 3);
  EXPECT_THAT(Wrong(), HasSubstr("SequenceUsed"));
  EXPECT_THAT(Wrong(), HasSubstr("SequenceTooFar"));
  EXPECT_THAT(Wrong(), HasSubstr("SequenceAfterReset"));
}

}  // namespace
}  // namespace u2fi::device_check
