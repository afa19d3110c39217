// Commands to devices with the kit, whose side is played by hand.
#include "services/gateway-agent/device_desk.h"

#include <algorithm>
#include <string>

#include "services/common/proof/command.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/device_desk_test_util.h"

namespace u2fi::gateway_agent {
namespace {

using device::v1::FromDevice;
using gateway::v1::CommandResult;
using gateway::v1::ExecuteCommand;
using gateway::v1::MeshMessage;

class DeviceDeskTest : public testing::Test, public DeviceDeskCase {
 protected:
  DeviceDeskTest() : DeviceDeskCase(/*plain=*/false) {}

  static FromDevice Result(const std::string& id, const std::string& outcome) {
    FromDevice message;
    message.mutable_result()->set_command_id(id);
    message.mutable_result()->set_outcome(outcome);
    message.mutable_result()->set_sequence_high(7);
    return message;
  }
  static FromDevice Status(uint64_t sequence, device::v1::SequenceState state) {
    FromDevice message;
    message.mutable_status()->set_sequence(sequence);
    message.mutable_status()->set_state(state);
    return message;
  }
  int DurableCommits() const {
    return store.SuccessfulCommits(store::Durability::kDurable) - before_;
  }
  // Executes one command; `others` come while it goes into the journal.
  void ExecuteWhileTheFirstIsWritten(
      const std::vector<ExecuteCommand>& others) {
    before_ = store.SuccessfulCommits(store::Durability::kDurable);
    store.BeforeNextCommit([&] {
      for (const ExecuteCommand& other : others) {
        MeshMessage message;
        *message.mutable_execute_command() = other;
        EXPECT_TRUE(desk->OnMessage(message));
      }
    });
    Execute(Touched("lock.unlock"));
  }
  void ExpectRefused(const ExecuteCommand& execute, const char* reason) {
    Execute(execute);
    EXPECT_EQ(Refused(), reason);
    EXPECT_EQ(Publications(), 0);
  }

  int before_ = 0;
};

TEST_F(DeviceDeskTest, AVerifiedCommandGoesDown) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  ASSERT_EQ(Publications(), 1);
  const mqtt::Message sent = To(mqtt::TopicKind::kDown).back();
  EXPECT_EQ(sent.qos, mqtt::Qos::kAtLeastOnce);
  EXPECT_FALSE(sent.retain);
  EXPECT_EQ(sent.correlation, IdOf(execute));
  device::v1::ToDevice down;
  ASSERT_TRUE(down.ParseFromString(sent.payload));
  EXPECT_EQ(down.command().command(), execute.command());
  EXPECT_EQ(down.command().proof(), proof::Encode(execute.proof()));
}

TEST_F(DeviceDeskTest, TheJournalIsOnDiskBeforeTheDeviceHears) {
  bool published_before = true;
  store.BeforeNextCommit([&] { published_before = Publications() > 0; });
  const int before = store.SuccessfulCommits(store::Durability::kDurable);
  Execute(Touched("lock.unlock"));
  EXPECT_FALSE(published_before);
  EXPECT_EQ(store.SuccessfulCommits(store::Durability::kDurable), before + 1);
}

TEST_F(DeviceDeskTest, CommandsThatWaitShareACommit) {
  std::vector<ExecuteCommand> waiting;
  for (uint64_t sequence = 8; sequence < 30; ++sequence) {
    waiting.push_back(Touched("lock.unlock", sequence));
  }
  ExecuteWhileTheFirstIsWritten(waiting);
  EXPECT_EQ(Publications(), 23);
  EXPECT_EQ(DurableCommits(), 3);
}

TEST_F(DeviceDeskTest, ACommandThatWaitsTwiceIsHandedOverOnce) {
  const ExecuteCommand again = Touched("lock.unlock", 8);
  ExecuteWhileTheFirstIsWritten({again, again});
  EXPECT_EQ(Publications(), 2);
}

TEST_F(DeviceDeskTest, WithoutAJournalNoneOfThoseThatWaitIsExecuted) {
  const ExecuteCommand second = Touched("lock.unlock", 8);
  store.Fail(store::FaultyStore::Method::kCommit,
             store::FaultyStore::Fault::kUnavailable, 2);
  ExecuteWhileTheFirstIsWritten({second, Touched("lock.unlock", 9)});
  EXPECT_EQ(Publications(), 1);
  Execute(second);
  EXPECT_EQ(Publications(), 2);
}

TEST_F(DeviceDeskTest, OneThatIsRefusedKeepsNoOtherBack) {
  ExecuteCommand changed = Touched("lock.unlock", 8);
  changed.set_command(Touched("lock.unlock", 9).command());
  ExecuteWhileTheFirstIsWritten({changed, Touched("lock.unlock", 10)});
  EXPECT_EQ(Publications(), 2);
}

TEST_F(DeviceDeskTest, ACommandAndItsResultAreOneDurableCommit) {
  const int before = store.SuccessfulCommits(store::Durability::kDurable);
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  DeviceSays(Result(IdOf(execute), "SUCCEEDED"));
  MeshMessage ack;
  ack.mutable_result_ack()->add_message_ids(IdOf(execute));
  Tell(ack);
  EXPECT_EQ(store.SuccessfulCommits(store::Durability::kDurable), before + 1);
}

// A device that talks without end has a share of the agent's memory and turn.
TEST_F(DeviceDeskTest, ADeviceThatFloodsIsCutShort) {
  device::v1::FromDevice said;
  said.mutable_pins()->set_state(device::v1::BINDING_STATE_BLANK);
  mqtt::Message flood;
  flood.topic = topics.Of(site.device, mqtt::TopicKind::kUp);
  flood.payload = said.SerializeAsString();
  const auto device = broker.MakeClient(site.device);
  device->Start();
  Settle();
  constexpr size_t kMost = DeviceQuota::kMaxBytes / DeviceQuota::kOverhead;
  store.BeforeNextCommit([&] {
    for (size_t i = 0; i < 2 * kMost; ++i) device->Publish(flood, nullptr);
    broker.Settle();
  });
  const auto reports = [this] {
    Settle();
    const auto messages = mesh.Take();
    return std::count_if(
        messages.begin(), messages.end(),
        [](const auto& message) { return message.has_pins_report(); });
  };
  mesh.Take();
  MeshMessage message;
  *message.mutable_execute_command() = Touched("lock.unlock");
  EXPECT_TRUE(desk->OnMessage(message));
  desk->Flush();
  const auto heard = reports();
  EXPECT_GT(heard, 1000);
  EXPECT_LE(heard, static_cast<ptrdiff_t>(kMost));
  EXPECT_EQ(Publications(), 1);
  device->Publish(flood, nullptr);
  EXPECT_EQ(reports(), 1) << "it may speak again";
}

TEST_F(DeviceDeskTest, AMeshThatSaysTooMuchIsTooMuchUntilItIsDone) {
  constexpr size_t kMessage = 4 << 20;
  MeshMessage message;
  message.mutable_execute_command()->set_command(std::string(kMessage, 'x'));
  std::vector<bool> overloaded;
  store.BeforeNextCommit([&] {
    for (size_t bytes = 0; bytes < DeviceDesk::kMaxQueued; bytes += kMessage) {
      overloaded.push_back(desk->Overloaded());
      desk->OnMessage(message);
    }
    overloaded.push_back(desk->Overloaded());
  });
  Execute(Touched("lock.unlock"));
  ASSERT_GT(overloaded.size(), 1u);
  EXPECT_EQ(std::count(overloaded.begin(), overloaded.end(), true), 1);
  EXPECT_TRUE(overloaded.back());
  desk->Flush();
  EXPECT_FALSE(desk->Overloaded());
}

// Two bytes of the wire, some seventy of the memory.
TEST_F(DeviceDeskTest, WhatTheMeshSaysCountsWithTheMemoryThatItTakes) {
  MeshMessage message;
  for (int i = 0; i < 600'000; ++i) {
    message.mutable_execute_batch()->add_items();
  }
  bool overloaded = false;
  store.BeforeNextCommit([&] {
    desk->OnMessage(message);
    desk->OnMessage(message);
    overloaded = desk->Overloaded();
  });
  Execute(Touched("lock.unlock"));
  EXPECT_TRUE(overloaded);
}

TEST_F(DeviceDeskTest, WhatThePinSetCallsFreeNeedsNoProof) {
  Execute(Free("device.identify"));
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskTest, ACloudCannotDeclareAnOperationFree) {
  ExpectRefused(Free("lock.unlock"), "OPERATION_NOT_FREE");
}

TEST_F(DeviceDeskTest, AChangedCommandIsRefused) {
  ExecuteCommand execute = Touched("lock.unlock");
  execute.set_command(Touched("lock.unlock", 8).command());
  ExpectRefused(execute, "COMMAND_MISMATCH");
}

TEST_F(DeviceDeskTest, ATokenThatIsNotPinnedIsRefused) {
  proof::FakeRequest request;
  request.commands = {site.CommandBytes("lock.unlock")};
  request.touches = {{&site.guest, &site.gw1}};
  ExecuteCommand execute;
  execute.set_command(request.commands[0]);
  *execute.mutable_proof() = site.Prove(request);
  ExpectRefused(execute, "TOKEN_NOT_PINNED");
}

TEST_F(DeviceDeskTest, ADeviceThatIsNotHereIsRefused) {
  proof::v1::Command command = site.Command("device.identify");
  command.set_device("lock-2");
  ExecuteCommand execute = Free("device.identify");
  execute.set_command(*proof::EncodeCommand(command));
  ExpectRefused(execute, "DEVICE_MISMATCH");
}

TEST_F(DeviceDeskTest, ACommandThatIsTooLateIsRefused) {
  const ExecuteCommand execute = Touched("lock.unlock");
  clock.Advance(absl::Hours(1));
  ExpectRefused(execute, "EXECUTE_BY_PASSED");
}

TEST_F(DeviceDeskTest, AFreeCommandThatIsTooLateIsRefused) {
  const ExecuteCommand execute = Free("device.identify");
  clock.Advance(absl::Hours(1));
  ExpectRefused(execute, "EXECUTE_BY_PASSED");
}

// 15 minutes and the clocks' difference: what the mesh itself may ask for.
TEST_F(DeviceDeskTest, AFreeCommandIsNotGoodForEver) {
  const uint64_t most = static_cast<uint64_t>(UnixMillis(clock)) + 930'000;
  ExecuteCommand execute = Free("device.identify");
  execute.set_execute_by_ms(most + 1);
  ExpectRefused(execute, "DEADLINE_BOUNDS");
  execute.set_execute_by_ms(UINT64_MAX);
  ExpectRefused(execute, "DEADLINE_BOUNDS");
  execute.set_execute_by_ms(most);
  Execute(execute);
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskTest, ARevokedTokenIsRefusedAlsoAfterARestart) {
  MeshMessage revoke;
  revoke.mutable_revocations()->set_revision(3);
  revoke.mutable_revocations()->add_tokens(site.alice.id);
  Tell(revoke);
  Restart();
  EXPECT_EQ(desk->memory().denied_revision, 3u);
  ExpectRefused(Touched("lock.unlock"), "TOKEN_REVOKED");
}

TEST_F(DeviceDeskTest, ARevokedGatewayIsRefusedAlsoAfterARestart) {
  MeshMessage revoke;
  revoke.mutable_revocations()->set_revision(3);
  revoke.mutable_revocations()->add_gateways(site.gw1.id);
  Tell(revoke);
  ExpectRefused(Touched("lock.unlock"), "GATEWAY_REVOKED");
  Restart();
  ExpectRefused(Touched("lock.unlock"), "GATEWAY_REVOKED");
}

TEST_F(DeviceDeskTest, ACommandForAnotherGatewayIsRefused) {
  proof::v1::Command command = site.Command("device.identify");
  command.set_gateway("gw-2");
  ExecuteCommand execute = Free("device.identify");
  execute.set_command(*proof::EncodeCommand(command));
  ExpectRefused(execute, "GATEWAY_MISMATCH");
}

// So the next Hello gets what is missing.
TEST_F(DeviceDeskTest, WhoMissedEntriesOfTheDenyListDoesNotSayThatItHasThem) {
  MeshMessage revoke;
  revoke.mutable_revocations()->set_since_revision(1);
  revoke.mutable_revocations()->set_revision(2);
  revoke.mutable_revocations()->add_tokens(site.alice.id);
  Tell(revoke);
  EXPECT_EQ(desk->memory().denied_revision, 0u);
  ExpectRefused(Touched("lock.unlock"), "TOKEN_REVOKED");
  revoke.mutable_revocations()->clear_since_revision();
  Tell(revoke);
  EXPECT_EQ(desk->memory().denied_revision, 2u);
  revoke.mutable_revocations()->set_since_revision(2);
  revoke.mutable_revocations()->set_revision(3);
  Tell(revoke);
  EXPECT_EQ(desk->memory().denied_revision, 3u);
}

TEST_F(DeviceDeskTest, AnEntryThatComesLateTakesNothingBack) {
  MeshMessage revoke;
  revoke.mutable_revocations()->set_revision(3);
  Tell(revoke);
  revoke.mutable_revocations()->set_since_revision(1);
  revoke.mutable_revocations()->set_revision(2);
  Tell(revoke);
  EXPECT_EQ(desk->memory().denied_revision, 3u);
}

TEST_F(DeviceDeskTest, ADenyListThatIsNotOnDiskStillRefuses) {
  store.Fail(store::FaultyStore::Method::kCommit,
             store::FaultyStore::Fault::kUnavailable);
  MeshMessage revoke;
  revoke.mutable_revocations()->set_revision(3);
  revoke.mutable_revocations()->add_tokens(site.alice.id);
  Tell(revoke);
  EXPECT_EQ(desk->memory().denied_revision, 0u);
  ExpectRefused(Touched("lock.unlock"), "TOKEN_REVOKED");
}

TEST_F(DeviceDeskTest, WithoutAJournalNothingIsExecutedOrSaid) {
  store.SetAway(true);
  Execute(Touched("lock.unlock"));
  EXPECT_EQ(Publications(), 0);
  EXPECT_TRUE(mesh.Take().empty());
}

TEST_F(DeviceDeskTest, AResultGoesUpWithItsSignature) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  FromDevice message = Result(IdOf(execute), "SUCCEEDED {\"a\":1}");
  message.mutable_result()->set_device_signature("signed");
  DeviceSays(message);
  const auto results = Results();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome(), gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
  EXPECT_EQ(results[0].outcome_text(), "SUCCEEDED {\"a\":1}");
  EXPECT_EQ(results[0].device_signature(), "signed");
  EXPECT_EQ(results[0].sequence_high(), 7u);
}

TEST_F(DeviceDeskTest, AResultOfNoCommandIsIgnored) {
  DeviceSays(Result("unknown", "SUCCEEDED"));
  EXPECT_TRUE(Results().empty());
}

TEST_F(DeviceDeskTest, AnOutcomeThatIsNoneIsIgnored) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  DeviceSays(Result(IdOf(execute), "MAYBE"));
  EXPECT_TRUE(Results().empty());
}

TEST_F(DeviceDeskTest, TheFirstResultStands) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  DeviceSays(Result(IdOf(execute), "FAILED BROKEN"));
  Results();
  DeviceSays(Result(IdOf(execute), "SUCCEEDED"));
  ASSERT_EQ(Results()[0].outcome(), gateway::v1::EXECUTION_OUTCOME_FAILED);
}

TEST_F(DeviceDeskTest, ACommandThatEndedIsAnsweredFromTheJournal) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  DeviceSays(Result(IdOf(execute), "SUCCEEDED"));
  Results();
  Execute(execute);
  EXPECT_EQ(Results().size(), 1u);
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskTest, AKitThatNeverUsedTheSequenceHearsItAgain) {
  Execute(Touched("lock.unlock"));
  DeviceSays(Status(7, device::v1::SEQUENCE_STATE_FREE));
  EXPECT_EQ(Publications(), 2);
}

TEST_F(DeviceDeskTest, AfterExecuteByItHearsNothingAndTheCommandFailed) {
  Execute(Touched("lock.unlock"));
  clock.Advance(absl::Hours(1));
  DeviceSays(Status(7, device::v1::SEQUENCE_STATE_FREE));
  EXPECT_EQ(Publications(), 1);
  ASSERT_EQ(Results()[0].outcome_text(), "REFUSED EXECUTE_BY_PASSED");
}

TEST_F(DeviceDeskTest, AUsedSequenceWithoutAResultIsUnknown) {
  Execute(Touched("lock.unlock"));
  DeviceSays(Status(7, device::v1::SEQUENCE_STATE_USED));
  ASSERT_EQ(Results()[0].outcome(), gateway::v1::EXECUTION_OUTCOME_UNKNOWN);
}

TEST_F(DeviceDeskTest, AForgottenSequenceIsUnknown) {
  Execute(Touched("lock.unlock"));
  DeviceSays(Status(7, device::v1::SEQUENCE_STATE_FORGOTTEN));
  ASSERT_EQ(Results()[0].outcome(), gateway::v1::EXECUTION_OUTCOME_UNKNOWN);
}

TEST_F(DeviceDeskTest, AStatusWithTheResultOfAnotherCommandIsUnknown) {
  Execute(Touched("lock.unlock"));
  FromDevice message = Status(7, device::v1::SEQUENCE_STATE_USED);
  *message.mutable_status()->mutable_result() =
      Result("another", "SUCCEEDED").result();
  DeviceSays(message);
  const auto results = Results();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].outcome(), gateway::v1::EXECUTION_OUTCOME_UNKNOWN);
  EXPECT_EQ(results[0].device_signature(), "") << "over another result";
}

TEST_F(DeviceDeskTest, BytesThatAreNoMessageAreIgnored) {
  mqtt::Message garbage;
  garbage.topic = topics.Of(site.device, mqtt::TopicKind::kUp);
  garbage.payload = "\xff\xff";
  client->Publish(garbage, nullptr);
  Settle();
  EXPECT_TRUE(mesh.Take().empty());
}

TEST_F(DeviceDeskTest, PresenceIsSeen) {
  mqtt::Message presence;
  presence.topic = topics.Of(site.device, mqtt::TopicKind::kPresence);
  presence.payload = std::string(mqtt::kOnline);
  client->Publish(presence, nullptr);
  Settle();
  ASSERT_OK_AND_ASSIGN(auto devices, desk->Devices());
  ASSERT_EQ(devices.size(), 1u);
  EXPECT_EQ(devices[0].device(), site.device);
  EXPECT_EQ(devices[0].state(), gateway::v1::LOCAL_DEVICE_STATE_BOUND);
  EXPECT_EQ(devices[0].pins_hash(), crypto::ToString(Genesis().hash()));
  EXPECT_TRUE(devices[0].online());
  EXPECT_TRUE(devices[0].kit());
  EXPECT_EQ(devices[0].pins_revision(), 1u);
  presence.payload = std::string(mqtt::kOffline);
  client->Publish(presence, nullptr);
  Settle();
  ASSERT_OK_AND_ASSIGN(devices, desk->Devices());
  EXPECT_FALSE(devices[0].online());
}

TEST_F(DeviceDeskTest, TheJournalRemembersWhenItBegan) {
  const uint64_t since = desk->memory().journal_since_ms;
  clock.Advance(absl::Hours(1));
  Restart();
  EXPECT_EQ(desk->memory().journal_since_ms, since);
}

}  // namespace
}  // namespace u2fi::gateway_agent
