// Devices without the kit: once, at QoS 0, and unknown without an answer.
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/domains.h"
#include "services/common/proof/operations.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/device_desk_test_util.h"

namespace u2fi::gateway_agent {
namespace {

using gateway::v1::ExecuteCommand;
using store::FaultyStore;

class DeviceDeskPlainTest : public testing::Test, public DeviceDeskCase {
 protected:
  DeviceDeskPlainTest() : DeviceDeskCase(/*plain=*/true) {}

  void Answer(const ExecuteCommand& execute, const std::string& outcome) {
    PlainSays(absl::StrCat("{\"command\":\"", IdOf(execute),
                           "\",\"outcome\":\"", outcome, "\"}"));
  }
  void ExpectOne(gateway::v1::ExecutionOutcome outcome) {
    const auto results = Results();
    ASSERT_EQ(results.size(), 1u);
    EXPECT_EQ(results[0].outcome(), outcome);
  }
  void ExpectUnknown() { ExpectOne(gateway::v1::EXECUTION_OUTCOME_UNKNOWN); }
};

TEST_F(DeviceDeskPlainTest, ItHearsOnceAtMostOnceAndNothingIsKept) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  ASSERT_EQ(Publications(), 1);
  const mqtt::Message sent = To(mqtt::TopicKind::kPlainSet)[0];
  EXPECT_EQ(sent.qos, mqtt::Qos::kAtMostOnce);
  EXPECT_FALSE(sent.retain);
  EXPECT_EQ(sent.expiry, absl::Minutes(2)) << "until execute_by";
  EXPECT_EQ(sent.response_topic,
            topics.Of(site.device, mqtt::TopicKind::kPlainState));
  EXPECT_EQ(sent.correlation, IdOf(execute));
  EXPECT_EQ(sent.payload,
            absl::StrCat("{\"arguments\":{},\"command\":\"", IdOf(execute),
                         "\",\"operation\":\"lock.unlock\"}"));
  EXPECT_TRUE(To(mqtt::TopicKind::kDown).empty());
}

TEST_F(DeviceDeskPlainTest, TheAgentVerifiesForIt) {
  Execute(Free("lock.unlock"));
  EXPECT_EQ(Refused(), "OPERATION_NOT_FREE");
  EXPECT_EQ(Publications(), 0);
}

TEST_F(DeviceDeskPlainTest, WhatNobodyTouchesForRunsTooIfItIsFree) {
  Execute(Free("device.identify"));
  EXPECT_EQ(Refused(), "");
  EXPECT_EQ(Publications(), 1);
}

// Not after it is in the journal: then it would count as handed over.
TEST_F(DeviceDeskPlainTest, ArgumentsThatItCannotReadAreRefusedEachTime) {
  ExecuteCommand execute = Free("device.identify");
  execute.set_command(site.CommandBytes("device.identify", "[]"));
  for (int i = 0; i < 2; ++i) {
    Execute(execute);
    EXPECT_EQ(Refused(), "COMMAND_FORMAT");
  }
  EXPECT_EQ(Publications(), 0);
}

TEST_F(DeviceDeskPlainTest, ItsAnswerIsTheResult) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Answer(execute, "SUCCEEDED");
  ExpectOne(gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
}

TEST_F(DeviceDeskPlainTest, AnAnswerThatIsNoneIsIgnored) {
  Execute(Touched("lock.unlock"));
  PlainSays("garbage");
  EXPECT_TRUE(Results().empty());
}

TEST_F(DeviceDeskPlainTest, WithoutAnAnswerItIsUnknownAfterExecuteBy) {
  Execute(Touched("lock.unlock"));
  clock.Advance(absl::Hours(1));
  Connect();
  ExpectUnknown();
}

TEST_F(DeviceDeskPlainTest, AnAnswerAfterThatChangesNothing) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  clock.Advance(absl::Hours(1));
  Connect();
  Results();
  Answer(execute, "SUCCEEDED");
  ExpectUnknown();
}

TEST_F(DeviceDeskPlainTest, ACommandThatComesAgainIsNotPublishedAgain) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Execute(execute);
  EXPECT_EQ(Publications(), 1);
  EXPECT_TRUE(To(mqtt::TopicKind::kDown).empty());
}

TEST_F(DeviceDeskPlainTest, ABrokerThatComesBackChangesNothing) {
  Execute(Touched("lock.unlock"));
  broker.Disconnect("agent." + site.gw1.id);
  Settle();
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskPlainTest, WithoutABrokerItDoesNotBegin) {
  broker.Stop();
  Settle();
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  EXPECT_TRUE(mesh.Take().empty());
  broker.Restart();
  Settle();
  Execute(execute);
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskPlainTest, ATouchOlderThanTheJournalIsRefused) {
  // The journal was emptied, and begins a millisecond after the touch.
  const ExecuteCommand execute = Touched("lock.unlock");
  Kill();
  store::MemoryStore empty(clock, random);
  FaultyStore emptied(empty);
  clock.Advance(absl::Milliseconds(1));
  SiteStore fresh = *SiteStore::Open(emptied, site.tenant);
  const auto row = rows->FindDevice(site.device);
  ASSERT_OK(fresh.Install(site.device, **row));
  client = broker.MakeClient("agent." + site.gw1.id);
  ASSERT_OK_AND_ASSIGN(
      desk, DeviceDesk::Create(identity, clock, fresh, *client, mesh));
  Settle();
  Execute(execute);
  EXPECT_EQ(Refused(), "JOURNAL_GAP");
  EXPECT_EQ(Publications(), 0);
  Kill();
}

// The process ends at each point of a command.

TEST_F(DeviceDeskPlainTest, KilledBeforeHandedItIsDoneOnceLater) {
  store.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnavailable);
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  EXPECT_EQ(Publications(), 0);
  Restart();
  EXPECT_TRUE(Results().empty());
  Execute(execute);
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskPlainTest, KilledAfterHandedItIsUnknownAndNeverPublished) {
  store.Fail(FaultyStore::Method::kCommit, FaultyStore::Fault::kUnknownApplied);
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Restart();
  ExpectUnknown();
  Execute(execute);
  EXPECT_EQ(Publications(), 0);
  ExpectUnknown();
}

TEST_F(DeviceDeskPlainTest, KilledAfterThePublicationItIsUnknown) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Restart();
  ExpectUnknown();
  Execute(execute);
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskPlainTest, KilledBeforeTheAckTheResultGoesUpAgain) {
  const ExecuteCommand execute = Touched("lock.unlock");
  Execute(execute);
  Answer(execute, "SUCCEEDED");
  Results();
  Restart();
  Connect();
  ExpectOne(gateway::v1::EXECUTION_OUTCOME_SUCCEEDED);
  EXPECT_EQ(Publications(), 1);
}

// How such a device is bound: the gateway answers for it.
class PlainBindingTest : public testing::Test, public DeviceDeskCase {
 protected:
  PlainBindingTest() : DeviceDeskCase(/*plain=*/true, /*bound=*/false) {}

  std::string PinsCommand() const {
    proof::v1::Command command =
        site.Command(proof::kOperationPins, Genesis().bytes());
    command.set_sequence(1);
    return *proof::EncodeCommand(command);
  }
  void Stage(const std::string& device,
             const std::string& transaction = "tx-1") {
    gateway::v1::MeshMessage message;
    gateway::v1::Stage& stage = *message.mutable_stage();
    stage.set_transaction(transaction);
    stage.set_deadline_ms(static_cast<uint64_t>(UnixMillis(clock)) + 60'000);
    gateway::v1::StagedDevice& staged = *stage.add_devices();
    staged.set_device(device);
    staged.set_nonce(std::string(32, 'n'));
    staged.set_command(PinsCommand());
    staged.set_plain(true);
    Tell(message);
  }
  void Commit(const std::string& transaction = "tx-1") {
    proof::FakeRequest request;
    request.purpose = proof::v1::PURPOSE_PROVISION;
    request.commands = {PinsCommand()};
    request.touches = {{&site.alice, &site.gw1}};
    gateway::v1::MeshMessage message;
    gateway::v1::CommitBinding& commit = *message.mutable_commit_binding();
    commit.set_transaction(transaction);
    commit.mutable_item()->set_command(PinsCommand());
    *commit.mutable_approvals() = site.Prove(request).approvals();
    Tell(message);
  }
};

TEST_F(PlainBindingTest, TheGatewayVouchesWithItsKey) {
  Stage(site.device);
  const auto messages = mesh.Take();
  ASSERT_EQ(messages.size(), 1u);
  const gateway::v1::DeviceProof& proof = messages[0].device_proof();
  EXPECT_EQ(proof.factory_point(), identity.key.public_key().point());
  const crypto::Digest digest = crypto::Sha256(
      {proof::domain::kDevice, crypto::LengthPrefixed(std::string(32, 'n')),
       crypto::LengthPrefixed("tx-1"),
       crypto::LengthPrefixed(identity.key.public_key().point())});
  EXPECT_OK(identity.key.public_key().Verify(digest, proof.signature()));
  EXPECT_TRUE(To(mqtt::TopicKind::kDown).empty());
}

TEST_F(PlainBindingTest, TheAgentKeepsThePinSetAndSaysSo) {
  Stage(site.device);
  mesh.Take();
  Commit();
  const auto messages = mesh.Take();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].binding_result().reason(), "");
  EXPECT_EQ(messages[0].binding_result().pins_revision(), 1u);
  EXPECT_TRUE(To(mqtt::TopicKind::kDown).empty());
  Execute(Touched("lock.unlock"));
  EXPECT_EQ(Publications(), 1);
}

// Whoever holds the cloud may sign a first pin set with a key of his own.
TEST_F(PlainBindingTest, ABoundDeviceIsNotBoundAnew) {
  Stage(site.device);
  Commit();
  Stage(site.device, "tx-2");
  mesh.Take();
  Commit("tx-2");
  const auto messages = mesh.Take();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].binding_result().reason(), "DEVICE_STATE");
  EXPECT_EQ(rows->FindDevice(site.device).value()->transaction(), "tx-1");
}

TEST_F(PlainBindingTest, APinSetOfAnotherDeviceIsNotStaged) {
  Stage("lock-2");
  EXPECT_TRUE(mesh.Take().empty());
}

}  // namespace
}  // namespace u2fi::gateway_agent
