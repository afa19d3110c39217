// The agent's desk with an emulated device that has the kit: how it is bound,
// and that whatever the agent's process does in the middle of a command, the
// device acts at most once and what it did is told.
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/device_desk_test_util.h"
#include "tools/device-emulator/device_link.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"
#include "tools/device-emulator/kit_endpoint.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::CommandResult;
using gateway::v1::ExecuteCommand;
using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using store::FaultyStore;

class KitDeviceTest : public testing::Test, public DeviceDeskCase {
 protected:
  KitDeviceTest() : DeviceDeskCase(/*plain=*/false, /*bound=*/false) {
    SwitchOn();
  }
  ~KitDeviceTest() override {
    Kill();
    SwitchOff();
  }

  void SwitchOn() {
    device::Device::Parts parts{
        {site.device, site.gw1.id}, proof::FakeKey("lock-1"), "lock", nullptr};
    auto device = device::Device::Create(std::move(parts), storage_,
                                         storage_.Load(), clock, console_);
    ASSERT_OK(device);
    link_ = std::make_unique<device::DeviceLink>(
        site.device, topics,
        broker.MakeClient(site.device, true,
                          device::DeviceLink::Will(topics, site.device)),
        std::make_unique<device::KitEndpoint>(*std::move(device)), console_);
    Settle();
  }
  void SwitchOff() { link_.reset(); }

  // The first pin set is alice's, or `owner`'s.
  std::string PinsCommand(uint64_t sequence = 1,
                          const proof::FakeToken* owner = nullptr) const {
    proof::v1::PinSet pins = Genesis().fields();
    if (owner != nullptr) {
      pins.set_account(owner->account);
      *pins.mutable_keys(0) = owner->Pinned(proof::v1::KEY_ROLE_OWNER);
    }
    proof::v1::Command command = site.Command(
        proof::kOperationPins, proof::PinSet::Encode(pins)->bytes());
    command.set_sequence(sequence);
    return *proof::EncodeCommand(command);
  }
  void Stage() { StageAs("tx-1", PinsCommand()); }
  void StageAs(const std::string& transaction, const std::string& command) {
    MeshMessage message;
    gateway::v1::Stage& stage = *message.mutable_stage();
    stage.set_transaction(transaction);
    stage.set_deadline_ms(static_cast<uint64_t>(UnixMillis(clock)) + 60'000);
    gateway::v1::StagedDevice& staged = *stage.add_devices();
    staged.set_device(site.device);
    staged.set_factory_key(proof::FakeKey("lock-1").public_key().point());
    staged.set_nonce(std::string(32, 'n'));
    staged.set_command(command);
    Tell(message);
  }
  void Commit() { CommitAs("tx-1", PinsCommand(), site.alice); }
  void CommitAs(const std::string& transaction, const std::string& command,
                proof::FakeToken& owner) {
    proof::FakeRequest request;
    request.purpose = proof::v1::PURPOSE_PROVISION;
    request.commands = {command};
    request.touches = {{&owner, &site.gw1}};
    const proof::v1::Proof proof = site.Prove(request);
    MeshMessage message;
    message.mutable_commit_binding()->set_transaction(transaction);
    message.mutable_commit_binding()->mutable_item()->set_command(command);
    *message.mutable_commit_binding()->mutable_approvals() = proof.approvals();
    Tell(message);
  }
  void Bind() {
    Stage();
    Commit();
    mesh.Take();
  }
  GatewayMessage Told(GatewayMessage::BodyCase body) {
    for (const GatewayMessage& message : mesh.Take()) {
      if (message.body_case() == body) return message;
    }
    return {};
  }

  // How often the lock was unlocked.
  int Executions() const {
    int count = 0;
    for (absl::string_view line : absl::StrSplit(storage_.journal(), '\n')) {
      // The binding is an execution too.
      const bool binding = absl::StrContains(line, proof::kOperationPins);
      count += absl::StartsWith(line, "BEGIN") && !binding ? 1 : 0;
    }
    return count;
  }
  // The mesh repeats the command, as it may; the device has acted once, and
  // the only result is this.
  void ExpectOnce(const ExecuteCommand& execute,
                  gateway::v1::ExecutionOutcome outcome) {
    Execute(execute);
    EXPECT_EQ(Executions(), 1);
    const auto results = Results();
    ASSERT_FALSE(results.empty());
    for (const CommandResult& result : results) {
      EXPECT_EQ(result.command_id(), IdOf(execute));
      EXPECT_EQ(result.outcome(), outcome);
    }
  }
  void ExpectDoneOnce(const ExecuteCommand& execute) {
    ExpectOnce(execute, gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
  }

  device::FakeConsole console_;
  device::FakeDeviceStorage storage_;
  std::unique_ptr<device::DeviceLink> link_;
};

TEST_F(KitDeviceTest, ADeviceProvesItsKeyWhenItIsStaged) {
  Stage();
  const gateway::v1::DeviceProof proof =
      Told(GatewayMessage::kDeviceProof).device_proof();
  EXPECT_EQ(proof.transaction(), "tx-1");
  EXPECT_EQ(proof.factory_point(),
            proof::FakeKey("lock-1").public_key().point());
  ASSERT_OK_AND_ASSIGN(const auto devices, desk->Devices());
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].state(), gateway::v1::LOCAL_DEVICE_STATE_STAGED);
}

TEST_F(KitDeviceTest, ADeviceThatConnectsLaterIsToldThen) {
  SwitchOff();
  // What the broker kept for it is too old.
  Stage();
  clock.Advance(absl::Seconds(59));
  SwitchOn();
  EXPECT_EQ(Told(GatewayMessage::kDeviceProof).device_proof().device(),
            site.device);
}

TEST_F(KitDeviceTest, CommitBindsAgentAndDevice) {
  Stage();
  mesh.Take();
  Commit();
  const gateway::v1::BindingResult result =
      Told(GatewayMessage::kBindingResult).binding_result();
  EXPECT_EQ(result.reason(), "");
  EXPECT_EQ(result.pins_revision(), 1u);
  EXPECT_EQ(result.pins_hash(), crypto::ToString(Genesis().hash()));
}

TEST_F(KitDeviceTest, CommitOfWhatIsNotStagedIsRefused) {
  Commit();
  EXPECT_EQ(Told(GatewayMessage::kBindingResult).binding_result().reason(),
            "STAGE_UNKNOWN");
}

TEST_F(KitDeviceTest, CommitWithoutATouchIsRefused) {
  Stage();
  mesh.Take();
  MeshMessage message;
  message.mutable_commit_binding()->set_transaction("tx-1");
  message.mutable_commit_binding()->mutable_item()->set_command(PinsCommand());
  Tell(message);
  EXPECT_NE(Told(GatewayMessage::kBindingResult).binding_result().reason(), "");
  ASSERT_OK_AND_ASSIGN(const auto row, rows->FindDevice(site.device));
  EXPECT_FALSE(row.has_value());
}

TEST_F(KitDeviceTest, CommitThatComesAgainIsAnsweredAgain) {
  Bind();
  Commit();
  EXPECT_EQ(
      Told(GatewayMessage::kBindingResult).binding_result().pins_revision(),
      1u);
}

// Whoever holds the cloud may sign a first pin set with a key of his own. The
// device is bound and says so; the agent keeps believing what the device does.
TEST_F(KitDeviceTest, ABoundDeviceIsNotBoundAnew) {
  Bind();
  const std::string other = PinsCommand(2, &site.bob);
  StageAs("tx-2", other);
  CommitAs("tx-2", other, site.bob);
  CommitAs("tx-2", other, site.bob);
  EXPECT_EQ(rows->FindDevice(site.device).value()->transaction(), "tx-1");
  mesh.Take();
  ExpectDoneOnce(Touched("lock.unlock"));
}

TEST_F(KitDeviceTest, ADeviceThatWasResetByHandIsBoundAnew) {
  Bind();
  ASSERT_OK(link_->Control({"reset"}));
  Settle();
  const std::string other = PinsCommand(2, &site.bob);
  StageAs("tx-2", other);
  Restart();
  mesh.Take();
  CommitAs("tx-2", other, site.bob);
  EXPECT_EQ(Told(GatewayMessage::kBindingResult).binding_result().transaction(),
            "tx-2");
  EXPECT_EQ(rows->FindDevice(site.device).value()->transaction(), "tx-2");
}

TEST_F(KitDeviceTest, AnAgentKilledAfterTheCommitTellsTheBindingLater) {
  Stage();
  SwitchOff();
  Commit();
  mesh.Take();
  Restart();
  SwitchOn();
  EXPECT_EQ(
      Told(GatewayMessage::kBindingResult).binding_result().pins_revision(),
      1u);
}

TEST_F(KitDeviceTest, ARollbackForgetsWhatIsStaged) {
  Stage();
  MeshMessage message;
  message.mutable_rollback_binding()->set_transaction("tx-1");
  Tell(message);
  mesh.Take();
  Commit();
  EXPECT_EQ(Told(GatewayMessage::kBindingResult).binding_result().reason(),
            "STAGE_UNKNOWN");
}

TEST_F(KitDeviceTest, ACommandIsDoneOnceHoweverOftenItComes) {
  Bind();
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Execute(execute);
  ExpectDoneOnce(execute);
}

// The process ends at each point of a command.

TEST_F(KitDeviceTest, KilledBeforeHandedItIsDoneOnceLater) {
  Bind();
  store.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  EXPECT_EQ(Executions(), 0);
  Restart();
  ExpectDoneOnce(execute);
}

TEST_F(KitDeviceTest, KilledAfterHandedTheNextProcessHandsItOver) {
  Bind();
  store.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnknownApplied);
  Execute(Touched("lock.unlock"));
  EXPECT_EQ(Executions(), 0);
  // The device is asked, has never used the number, and gets it.
  Restart();
  EXPECT_EQ(Executions(), 1);
  ASSERT_EQ(Results().size(), 1u);
}

TEST_F(KitDeviceTest, KilledAfterHandedAndRepeatedItIsDoneOnce) {
  Bind();
  store.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnknownApplied);
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Restart();
  ExpectDoneOnce(execute);
}

TEST_F(KitDeviceTest, KilledAfterThePublicationItIsDoneOnce) {
  Bind();
  SwitchOff();
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Restart();
  SwitchOn();
  ExpectDoneOnce(execute);
}

TEST_F(KitDeviceTest, KilledBeforeTheResultWasReadItIsStillTold) {
  Bind();
  const ExecuteCommand execute = Touched("lock.unlock");
  MeshMessage message;
  *message.mutable_execute_command() = execute;
  EXPECT_TRUE(desk->OnMessage(message));
  desk->Flush();
  Kill();
  broker.Settle();
  EXPECT_EQ(Executions(), 1);
  Start();
  ExpectDoneOnce(execute);
}

TEST_F(KitDeviceTest, KilledBeforeTheResultWasWrittenItIsStillTold) {
  Bind();
  const ExecuteCommand execute = Touched("lock.unlock");
  // HANDED is written; the result is not.
  store.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable, 2);
  Execute(execute);
  EXPECT_EQ(Executions(), 1);
  EXPECT_TRUE(Results().empty());
  Restart();
  ExpectDoneOnce(execute);
}

TEST_F(KitDeviceTest, KilledBeforeTheAckTheResultGoesUpAgainUntilThen) {
  Bind();
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  EXPECT_EQ(Results().size(), 1u);
  Restart();
  Connect();
  EXPECT_EQ(Results().size(), 1u);
  MeshMessage ack;
  ack.mutable_result_ack()->add_message_ids(IdOf(execute));
  Tell(ack);
  Restart();
  Connect();
  EXPECT_TRUE(Results().empty());
}

TEST_F(KitDeviceTest, ADeviceThatDiedInTheActIsUnknownAndNotAskedTwice) {
  Bind();
  // It writes BEGIN and loses its power.
  storage_.Break("END");
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Results();
  SwitchOff();
  storage_.Break("");
  Restart();
  SwitchOn();
  Execute(execute);
  EXPECT_EQ(Executions(), 1);
}

TEST_F(KitDeviceTest, TheBrokerGoesAndComesBackInTheMiddle) {
  Bind();
  broker.Stop();
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  EXPECT_EQ(Executions(), 0);
  broker.Restart();
  Settle();
  ExpectDoneOnce(execute);
}

}  // namespace
}  // namespace u2fi::gateway_agent
