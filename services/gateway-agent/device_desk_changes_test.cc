// Later pin sets: verified under the present one, and believed once the device
// reports them.
#include <string>

#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/device_desk_test_util.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::gateway_agent {
namespace {

using device::v1::FromDevice;
using gateway::v1::BindingResult;
using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using proof::v1::PinSet;

class ChangesCase : public testing::Test, public DeviceDeskCase {
 protected:
  explicit ChangesCase(bool plain) : DeviceDeskCase(plain) {}

  // The set after `present`, in which lock.unlock is free.
  static PinSet Looser(const proof::PinSet& present) {
    PinSet next = proof::FakeSite::Next(present);
    next.add_rules()->set_operation("lock.unlock");
    *next.mutable_rules(1)->mutable_rule() = proof::FreeRule();
    return next;
  }
  MeshMessage Update(const PinSet& next, uint64_t sequence = 7) {
    proof::v1::Command command =
        site.Command("u2fi.pins", proof::PinSet::Encode(next)->bytes());
    command.set_sequence(sequence);
    proof::FakeRequest request;
    request.purpose = proof::v1::PURPOSE_PINS;
    request.commands = {*proof::EncodeCommand(command)};
    request.touches = {{&site.alice, &site.gw1}};
    MeshMessage message;
    gateway::v1::PinsUpdate& update = *message.mutable_pins_update();
    update.mutable_item()->set_command(request.commands[0]);
    *update.mutable_approvals() = site.Prove(request).approvals();
    return message;
  }
  MeshMessage Update() { return Update(Looser(Genesis())); }
  MeshMessage Unbind(const proof::PinSet& present) {
    proof::v1::UnbindArguments arguments;
    arguments.set_format(1);
    arguments.set_pins_hash(crypto::ToString(present.hash()));
    proof::FakeRequest request;
    request.purpose = proof::v1::PURPOSE_UNBIND;
    request.commands = {
        site.CommandBytes("u2fi.unbind", proof::Encode(arguments))};
    request.touches = {{&site.alice, &site.gw1}};
    MeshMessage message;
    gateway::v1::ReleaseBinding& release = *message.mutable_release_binding();
    release.mutable_item()->set_command(request.commands[0]);
    *release.mutable_approvals() = site.Prove(request).approvals();
    return message;
  }
  // The same approvals, said to release the device.
  static MeshMessage AsRelease(const gateway::v1::ExecuteCommand& execute) {
    MeshMessage message;
    gateway::v1::ReleaseBinding& release = *message.mutable_release_binding();
    release.mutable_item()->set_command(execute.command());
    *release.mutable_approvals() = execute.proof().approvals();
    return message;
  }
  static std::string CommandIn(const MeshMessage& message) {
    return message.has_pins_update()
               ? message.pins_update().item().command()
               : message.release_binding().item().command();
  }
  static std::string IdIn(const MeshMessage& message) {
    return proof::ParseCommand(CommandIn(message))->command_id();
  }

  // What went up since the last call.
  std::vector<BindingResult> Bound() {
    std::vector<BindingResult> results;
    for (const GatewayMessage& message : mesh.Take()) {
      if (message.has_binding_result()) {
        results.push_back(message.binding_result());
      }
    }
    return results;
  }
  std::string Reason() {
    const auto results = Bound();
    return results.size() == 1 ? results[0].reason() : "no answer";
  }
  bool Believes(uint64_t revision) {
    const auto devices = desk->Devices();
    return devices.ok() && devices->size() == 1 &&
           (*devices)[0].pins_revision() == revision;
  }
};

class DeviceDeskChangesTest : public ChangesCase {
 protected:
  DeviceDeskChangesTest() : ChangesCase(/*plain=*/false) {}

  // How often the device was told of a change.
  int Told() {
    int told = 0;
    for (const mqtt::Message& message : To(mqtt::TopicKind::kDown)) {
      device::v1::ToDevice down;
      EXPECT_TRUE(down.ParseFromString(message.payload));
      told += down.has_pins_update() ? 1 : 0;
    }
    return told;
  }
  static FromDevice Result(const std::string& id, const std::string& outcome) {
    FromDevice message;
    message.mutable_result()->set_command_id(id);
    message.mutable_result()->set_outcome(outcome);
    message.mutable_result()->set_device_signature("signed");
    return message;
  }
  static FromDevice Report(const proof::PinSet& pins) {
    FromDevice message;
    device::v1::PinsReport& report = *message.mutable_pins();
    report.set_state(device::v1::BINDING_STATE_BOUND);
    report.set_tx("tx-1");
    report.set_revision(pins.fields().revision());
    report.set_pins_hash(crypto::ToString(pins.hash()));
    return message;
  }
  static FromDevice Blank() {
    FromDevice message;
    message.mutable_pins()->set_state(device::v1::BINDING_STATE_BLANK);
    return message;
  }
  static FromDevice Hello(const proof::PinSet& pins) {
    FromDevice message;
    *message.mutable_hello()->mutable_pins() = Report(pins).pins();
    return message;
  }
  const proof::PinSet next_ = *proof::PinSet::Encode(Looser(Genesis()));
};

TEST_F(DeviceDeskChangesTest, AVerifiedPinSetGoesDown) {
  const MeshMessage update = Update();
  Tell(update);
  EXPECT_EQ(Told(), 1);
  device::v1::ToDevice down;
  ASSERT_TRUE(down.ParseFromString(To(mqtt::TopicKind::kDown).back().payload));
  EXPECT_EQ(down.pins_update().command(), CommandIn(update));
  EXPECT_EQ(down.pins_update().evidence(),
            proof::Encode(update.pins_update().evidence()));
  proof::v1::Proof proof;
  ASSERT_TRUE(proof.ParseFromString(down.pins_update().proof()));
  EXPECT_EQ(proof.approvals_size(), 1);
  EXPECT_TRUE(Believes(1));
  EXPECT_TRUE(Bound().empty());
}

TEST_F(DeviceDeskChangesTest, ItIsOnDiskBeforeTheDeviceHears) {
  bool told_before = true;
  store.BeforeNextCommit([&] { told_before = Told() > 0; });
  Tell(Update());
  EXPECT_FALSE(told_before);
}

TEST_F(DeviceDeskChangesTest, WithoutADiskTheDeviceHearsNothing) {
  store.Fail(store::FaultyStore::Method::kCommit,
             store::FaultyStore::Fault::kUnavailable);
  Tell(Update());
  EXPECT_EQ(Told(), 0);
  EXPECT_TRUE(Bound().empty());
}

TEST_F(DeviceDeskChangesTest, OnceTheDeviceHasItTheAgentBelievesItToo) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Result(IdIn(update), "SUCCEEDED"));
  EXPECT_TRUE(Believes(1));
  DeviceSays(Report(next_));
  EXPECT_TRUE(Believes(2));
  const auto results = Bound();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].reason(), "");
  EXPECT_EQ(results[0].command_id(), IdIn(update));
  EXPECT_EQ(results[0].pins_revision(), 2u);
  EXPECT_EQ(results[0].device_signature(), "signed");
  Execute(Free("lock.unlock"));
  EXPECT_EQ(Publications(), 1);
}

TEST_F(DeviceDeskChangesTest, UntilThenThePresentRulesHold) {
  Tell(Update());
  Execute(Free("lock.unlock"));
  EXPECT_EQ(Refused(), "OPERATION_NOT_FREE");
}

TEST_F(DeviceDeskChangesTest, ARestartForgetsNothing) {
  const MeshMessage update = Update();
  Tell(update);
  Restart();
  EXPECT_EQ(Told(), 2);
  DeviceSays(Hello(next_));
  EXPECT_TRUE(Believes(2));
  EXPECT_EQ(Bound()[0].command_id(), IdIn(update));
}

TEST_F(DeviceDeskChangesTest, ADeviceThatComesBackHearsOfItAgain) {
  Tell(Update());
  DeviceSays(Hello(Genesis()));
  EXPECT_EQ(Told(), 2);
}

TEST_F(DeviceDeskChangesTest, ARefusalByTheDeviceGoesUp) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Result(IdIn(update), "REFUSED SEQUENCE_STALE"));
  DeviceSays(Report(Genesis()));
  const auto results = Bound();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].reason(), "SEQUENCE_STALE");
  EXPECT_EQ(results[0].pins_revision(), 1u);
  EXPECT_TRUE(Believes(1));
  Tell(update);
  EXPECT_EQ(Told(), 2);
}

TEST_F(DeviceDeskChangesTest, ADeviceThatLiesIsNotBelieved) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Result(IdIn(update), "SUCCEEDED"));
  DeviceSays(Report(Genesis()));
  EXPECT_EQ(Reason(), "MESSAGE_FORMAT");
  EXPECT_TRUE(Believes(1));
}

TEST_F(DeviceDeskChangesTest, ThatItHasASetThatRefusesToBeToldIsEnough) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Result(IdIn(update), "REFUSED PINS_REVISION"));
  DeviceSays(Report(next_));
  EXPECT_EQ(Reason(), "");
  EXPECT_TRUE(Believes(2));
}

TEST_F(DeviceDeskChangesTest, WhatIsDoneIsAnswered) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Report(next_));
  Bound();
  Tell(update);
  EXPECT_EQ(Reason(), "");
  EXPECT_EQ(Told(), 1);
}

TEST_F(DeviceDeskChangesTest, AfterTheNextOneItIsAnsweredStill) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Report(next_));
  const PinSet third = proof::FakeSite::Next(next_);
  Tell(Update(third, 8));
  DeviceSays(Report(*proof::PinSet::Encode(third)));
  Bound();
  Tell(update);
  const auto results = Bound();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].reason(), "");
  EXPECT_EQ(results[0].command_id(), IdIn(update));
  EXPECT_EQ(results[0].pins_revision(), 3u);
}

TEST_F(DeviceDeskChangesTest, OneChangeAtATime) {
  const MeshMessage first = Update();
  PinSet other = Looser(Genesis());
  other.clear_rules();
  Tell(first);
  Tell(Update(other, 8));
  DeviceSays(Report(next_));
  EXPECT_TRUE(Believes(2));
  EXPECT_EQ(Bound()[0].command_id(), IdIn(first));
}

TEST_F(DeviceDeskChangesTest, ASetThatComesTooEarlyIsNotRefused) {
  Tell(Update(proof::FakeSite::Next(next_), 8));
  EXPECT_EQ(Told(), 0);
  const auto sent = mesh.Take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].pins_report().pins_revision(), 1u);
}

TEST_F(DeviceDeskChangesTest, ASetThatDoesNotFollowIsRefused) {
  PinSet next = Looser(Genesis());
  next.set_previous(std::string(32, 'x'));
  Tell(Update(next));
  EXPECT_EQ(Told(), 0);
  EXPECT_EQ(Reason(), "PINS_PREVIOUS");
}

TEST_F(DeviceDeskChangesTest, AChangedSetIsRefused) {
  MeshMessage update = Update();
  PinSet other = Looser(Genesis());
  other.clear_rules();
  *update.mutable_pins_update()->mutable_item() =
      Update(other).pins_update().item();
  Tell(update);
  EXPECT_EQ(Told(), 0);
  EXPECT_EQ(Reason(), "COMMAND_MISMATCH");
}

TEST_F(DeviceDeskChangesTest, AKeyWithoutItsEnrolmentIsRefused) {
  PinSet next = Looser(Genesis());
  *next.add_keys() = site.bob.Pinned(proof::v1::KEY_ROLE_MEMBER);
  Tell(Update(next));
  EXPECT_EQ(Told(), 0);
  EXPECT_EQ(Reason(), "ENROLMENT_MISSING");
}

TEST_F(DeviceDeskChangesTest, ARevokedTokenChangesNothing) {
  MeshMessage revoke;
  revoke.mutable_revocations()->set_revision(3);
  revoke.mutable_revocations()->add_tokens(site.alice.id);
  Tell(revoke);
  Tell(Update());
  EXPECT_EQ(Told(), 0);
  EXPECT_EQ(Reason(), "TOKEN_REVOKED");
}

TEST_F(DeviceDeskChangesTest, AReleaseGoesDownAndTheDeviceIsForgotten) {
  const MeshMessage release = Unbind(Genesis());
  Tell(release);
  const auto sent = To(mqtt::TopicKind::kDown);
  ASSERT_FALSE(sent.empty());
  device::v1::ToDevice down;
  ASSERT_TRUE(down.ParseFromString(sent.back().payload));
  EXPECT_EQ(down.release().command(), CommandIn(release));
  EXPECT_FALSE(down.release().proof().empty());
  EXPECT_TRUE(Believes(1));
  DeviceSays(Result(IdIn(release), "SUCCEEDED"));
  DeviceSays(Blank());
  ASSERT_OK_AND_ASSIGN(const auto devices, desk->Devices());
  EXPECT_TRUE(devices.empty());
  const auto results = Bound();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].command_id(), IdIn(release));
  EXPECT_EQ(results[0].pins_revision(), 0u);
  EXPECT_EQ(results[0].device_signature(), "signed");
}

// A touch for something else releases nothing, genuine as it may be.
TEST_F(DeviceDeskChangesTest, AnotherCommandIsNoRelease) {
  Tell(AsRelease(Touched("lock.unlock")));
  EXPECT_EQ(Reason(), "OPERATION_UNKNOWN");
  EXPECT_TRUE(To(mqtt::TopicKind::kDown).empty());
  EXPECT_TRUE(Believes(1));
}

TEST_F(DeviceDeskChangesTest, AnAnswerToAnotherCommandIsNone) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Result("another", "REFUSED SEQUENCE_STALE"));
  DeviceSays(Report(Genesis()));
  EXPECT_EQ(Reason(), "") << "which set it has, and no refusal";
  EXPECT_EQ(Told(), 2) << "it comes back, and may not have heard of it";
}

TEST_F(DeviceDeskChangesTest, OnlyAReasonGoesUpAsOne) {
  for (const std::string& said :
       {std::string("REFUSED <b>"), std::string("REFUSED "),
        std::string("REFUSED"), "REFUSED " + std::string(65, 'A')}) {
    const MeshMessage update = Update();
    Tell(update);
    DeviceSays(Result(IdIn(update), said));
    DeviceSays(Report(Genesis()));
    EXPECT_EQ(Reason(), "MESSAGE_FORMAT") << said;
  }
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Result(IdIn(update), "REFUSED " + std::string(64, 'A')));
  DeviceSays(Report(Genesis()));
  EXPECT_EQ(Reason(), std::string(64, 'A'));
}

TEST_F(DeviceDeskChangesTest, ARefusalSignsForNoNewSet) {
  const MeshMessage update = Update();
  Tell(update);
  DeviceSays(Result(IdIn(update), "REFUSED PINS_REVISION"));
  DeviceSays(Report(next_));
  const auto results = Bound();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].device_signature(), "");
}

TEST_F(DeviceDeskChangesTest, AReleaseOfAnotherPinSetIsRefused) {
  Tell(Unbind(next_));
  EXPECT_EQ(Reason(), "PINS_PREVIOUS");
  EXPECT_TRUE(Believes(1));
}

TEST_F(DeviceDeskChangesTest, AReleaseThatIsDoneIsAnsweredByTheDevice) {
  const MeshMessage release = Unbind(Genesis());
  Tell(release);
  DeviceSays(Blank());
  Bound();
  Tell(release);
  device::v1::ToDevice down;
  ASSERT_TRUE(down.ParseFromString(To(mqtt::TopicKind::kDown).back().payload));
  EXPECT_TRUE(down.has_hello_request());
}

TEST_F(DeviceDeskChangesTest, ADeviceWithAnotherSetIsReported) {
  DeviceSays(Hello(next_));
  const auto sent = mesh.Take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].pins_report().pins_revision(), 2u);
}

// Of a device without the kit the agent's belief is all there is.
class DeviceDeskPlainChangesTest : public ChangesCase {
 protected:
  DeviceDeskPlainChangesTest() : ChangesCase(/*plain=*/true) {}
};

TEST_F(DeviceDeskPlainChangesTest, TheAgentBelievesItAtOnce) {
  const MeshMessage update = Update();
  Tell(update);
  EXPECT_TRUE(Believes(2));
  const auto results = Bound();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].command_id(), IdIn(update));
  EXPECT_EQ(results[0].pins_revision(), 2u);
  EXPECT_TRUE(To(mqtt::TopicKind::kDown).empty());
}

TEST_F(DeviceDeskPlainChangesTest, AReleaseIsTheEndAtOnce) {
  Tell(Unbind(Genesis()));
  ASSERT_OK_AND_ASSIGN(const auto devices, desk->Devices());
  EXPECT_TRUE(devices.empty());
  EXPECT_EQ(Reason(), "");
}

TEST_F(DeviceDeskPlainChangesTest, AnotherCommandIsNoRelease) {
  Tell(AsRelease(Touched("lock.unlock")));
  EXPECT_EQ(Reason(), "OPERATION_UNKNOWN");
  EXPECT_TRUE(Believes(1));
}

TEST_F(DeviceDeskPlainChangesTest, ASetThatDoesNotFollowIsRefused) {
  PinSet next = Looser(Genesis());
  next.set_previous(std::string(32, 'x'));
  Tell(Update(next));
  EXPECT_EQ(Reason(), "PINS_PREVIOUS");
  EXPECT_TRUE(Believes(1));
}

}  // namespace
}  // namespace u2fi::gateway_agent
