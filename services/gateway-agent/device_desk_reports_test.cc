// What the agent makes of what devices say, and of what they do not.
#include <string>

#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/device_desk_test_util.h"

namespace u2fi::gateway_agent {
namespace {

using device::v1::FromDevice;
using gateway::v1::ExecuteCommand;
using gateway::v1::MeshMessage;

class DeviceDeskReportsTest : public testing::Test, public DeviceDeskCase {
 protected:
  DeviceDeskReportsTest() : DeviceDeskCase(/*plain=*/false) {}

  static FromDevice Result(const std::string& id, const std::string& outcome) {
    FromDevice message;
    message.mutable_result()->set_command_id(id);
    message.mutable_result()->set_outcome(outcome);
    return message;
  }
  // Whatever `device` publishes.
  void Publish(const std::string& device, const std::string& payload) {
    mqtt::Message out;
    out.topic = topics.Of(device, mqtt::TopicKind::kUp);
    out.payload = payload;
    client->Publish(out, nullptr);
    Settle();
  }
};

TEST_F(DeviceDeskReportsTest, ACommandThatIsHandedOverIsAcceptedEachTime) {
  const ExecuteCommand execute = Touched("lock.unlock");
  for (int i = 0; i < 2; ++i) {
    Execute(execute);
    const auto up = mesh.Take();
    ASSERT_EQ(up.size(), 1u) << "no result yet";
    EXPECT_EQ(up[0].command_accepted().command_id(), IdOf(execute));
    EXPECT_EQ(up[0].command_accepted().refused_reason(), "");
  }
}

// It uses the sequence once, however often it hears it.
TEST_F(DeviceDeskReportsTest,
       ACommandThatComesAgainGoesDownAgainUntilExecuteBy) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Execute(execute);
  EXPECT_EQ(Publications(), 2);
  clock.Advance(absl::Minutes(2));
  Execute(execute);
  EXPECT_EQ(Publications(), 2);
}

TEST_F(DeviceDeskReportsTest,
       AResultGoesUpWithEachStreamUntilItIsAcknowledged) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  DeviceSays(Result(IdOf(execute), "SUCCEEDED"));
  Results();
  Connect();
  EXPECT_EQ(Results().size(), 1u);
  MeshMessage ack;
  ack.mutable_result_ack()->add_message_ids(IdOf(execute));
  Tell(ack);
  Connect();
  EXPECT_TRUE(Results().empty());
}

TEST_F(DeviceDeskReportsTest, ADeviceEndsNoCommandOfAnother) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  const std::string result =
      Result(IdOf(execute), "SUCCEEDED").SerializeAsString();
  Publish("lock-2", result);
  EXPECT_TRUE(Results().empty());
  Publish(site.device, result);
  EXPECT_EQ(Results().size(), 1u);
}

// Its plain topic has no signatures, and is not its own.
TEST_F(DeviceDeskReportsTest, ADeviceWithTheKitDoesNotAnswerAsOneWithout) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  PlainSays("{\"command\":\"" + IdOf(execute) +
            "\",\"outcome\":\"SUCCEEDED\"}");
  EXPECT_TRUE(Results().empty());
}

TEST_F(DeviceDeskReportsTest, AStatusEndsTheCommandOfItsSequenceOnly) {
  Execute(Touched("lock.unlock", 7));
  Execute(Touched("lock.unlock", 8));
  Results();
  FromDevice status;
  status.mutable_status()->set_sequence(7);
  status.mutable_status()->set_state(device::v1::SEQUENCE_STATE_USED);
  DeviceSays(status);
  EXPECT_EQ(Results().size(), 1u);
}

TEST_F(DeviceDeskReportsTest, WhoComesBackIsAskedHowACommandEnded) {
  Execute(Touched("lock.unlock", 7));
  const auto asked = [this] {
    int count = 0;
    for (const mqtt::Message& message : To(mqtt::TopicKind::kDown)) {
      device::v1::ToDevice down;
      EXPECT_TRUE(down.ParseFromString(message.payload));
      if (down.has_status()) EXPECT_EQ(down.status().sequence(), 7u);
      count += down.has_status() ? 1 : 0;
    }
    return count;
  };
  EXPECT_EQ(asked(), 0);
  FromDevice hello;
  hello.mutable_hello()->mutable_pins()->set_state(
      device::v1::BINDING_STATE_BOUND);
  DeviceSays(hello);
  EXPECT_EQ(asked(), 1) << "the device";
  broker.Disconnect("agent." + site.gw1.id);
  Settle();
  EXPECT_EQ(asked(), 2) << "the broker";
}

TEST_F(DeviceDeskReportsTest, MoreThanADeviceHasToSayIsNotRead) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  FromDevice result = Result(IdOf(execute), "SUCCEEDED");
  result.mutable_result()->set_device_signature(std::string(16 << 10, 's'));
  Publish(site.device, result.SerializeAsString());
  EXPECT_TRUE(Results().empty());
}

}  // namespace
}  // namespace u2fi::gateway_agent
