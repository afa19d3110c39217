// Later pin sets through the gate's core: asked for by the owner, approved as
// the present set says, applied, sent down, confirmed.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/quorum_test_case.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The household of QuorumTestCase. One touch by OWNER changes pins; paying
// takes two people.
class PinsFlowTest : public QuorumTestCase {
 protected:
  PinsFlowTest() {
    registry_.rule = proof::OwnerTouchRule();
    AddRule(registry_.pins, "pay", proof::QuorumRule(2));
    next_ = proof::FakeSite().FirstPins();
    next_.clear_rules();
    registry_.pins.set_account(next_.account());
    // Known to the device, and asked for nothing.
    for (const proof::v1::PinnedKey& key : next_.keys()) {
      proof::v1::PinnedKey& known = *registry_.pins.add_keys();
      known = key;
      known.clear_roles();
    }
    next_.set_revision(registry_.pins.revision() + 1);
    next_.set_previous(
        crypto::ToString(proof::PinsHash(registry_.pins.SerializeAsString())));
    AddRule(next_, "pay", proof::QuorumRule(2));
  }
  static void AddRule(proof::v1::PinSet& pins, const std::string& operation,
                      const proof::v1::Rule& rule) {
    proof::v1::OperationRule& entry = *pins.add_rules();
    entry.set_operation(operation);
    *entry.mutable_rule() = rule;
  }

  Submission Pins() const {
    Submission asked = CameraOn();
    asked.purpose = proof::v1::PURPOSE_PINS;
    asked.operation = std::string(proof::kOperationPins);
    asked.arguments = proof::Encode(next_);
    return asked;
  }
  // Ann gives the camera away, which believes the set with that hash.
  Submission Unbind(const std::string& hash) const {
    proof::v1::UnbindArguments arguments;
    arguments.set_format(1);
    arguments.set_pins_hash(hash);
    Submission asked = Pins();
    asked.purpose = proof::v1::PURPOSE_UNBIND;
    asked.operation = std::string(proof::kOperationUnbind);
    asked.arguments = proof::Encode(arguments);
    return asked;
  }
  absl::StatusOr<StoredCommand> Try() {
    return gate().submitter.Submit(Pins(), /*check_only=*/false);
  }
  StoredCommand AskedForPins() { return Advance(Submit(Pins())); }
  void Hear(const StoredCommand& command, const std::string& account) {
    GatewayMessage up;
    *up.mutable_approval_answer() = TouchBy(command, account);
    gate().flow.OnMessage(Session(Of(command, account).gateway()), up);
  }
  void DeviceSays(const std::string& command_id, const std::string& reason) {
    GatewayMessage up;
    up.mutable_binding_result()->set_command_id(command_id);
    up.mutable_binding_result()->set_reason(reason);
    gate().flow.OnMessage(Session(), up);
  }
  std::vector<MeshMessage> SentDown() {
    return gateways_.Of(MeshMessage::kPinsUpdate);
  }
  // "account" of each slot.
  static std::vector<std::string> Who(const StoredCommand& command) {
    std::vector<std::string> who;
    for (const auto& slot : command.row.slots()) who.push_back(slot.account());
    return who;
  }

  proof::v1::PinSet next_;
};

TEST_F(PinsFlowTest, AStricterSetTakesTheOwnersTouch) {
  AddRule(next_, "camera.on", proof::ForbiddenRule());
  const StoredCommand asked = AskedForPins();
  EXPECT_THAT(Who(asked), ElementsAre("ann"));
  EXPECT_FALSE(asked.row.has_quorum());
  Hear(asked, "ann");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(registry_.applied, SizeIs(1));
  EXPECT_THAT(SentDown(), SizeIs(1));
  DeviceSays(asked.row.command_id(), "");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(PinsFlowTest, OnlyTokensThatTheDeviceBelievesAreAsked) {
  attestation_.tokens["ann"].push_back({"ann-not-pinned", "g1"});
  const StoredCommand asked = AskedForPins();
  EXPECT_THAT(asked.row.slots(0).tokens(), ElementsAre("ann-1"));
}

TEST_F(PinsFlowTest, WhoLoosensSatisfiesTheRuleBeforeTheChange) {
  next_.clear_rules();
  const StoredCommand asked = AskedForPins();
  EXPECT_THAT(Who(asked), ElementsAre("ann", "bob", "carl"));
  Hear(asked, "bob");
  Hear(Reread(asked), "carl");
  // Two people would do for paying; the set itself is the owner's.
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  Hear(Reread(asked), "ann");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_EQ(SentDown()[0].pins_update().approvals_size(), 3);
}

TEST_F(PinsFlowTest, WithTouchesAsGoodAsThatRuleWants) {
  proof::v1::Rule& pay = *registry_.pins.mutable_rules(0)->mutable_rule();
  pay.set_uv(true);
  pay.set_level(2);
  for (proof::v1::PinnedKey& key : *registry_.pins.mutable_keys()) {
    key.set_level(2);
  }
  next_.set_previous(
      crypto::ToString(proof::PinsHash(registry_.pins.SerializeAsString())));
  next_.clear_rules();
  const StoredCommand asked = AskedForPins();
  EXPECT_TRUE(asked.row.quorum().uv());
  EXPECT_EQ(asked.row.quorum().level(), 2u);
}

TEST_F(PinsFlowTest, TheRequestersOwnTouchIsNoneOfTheTwo) {
  next_.clear_rules();
  const StoredCommand asked = AskedForPins();
  Hear(asked, "ann");
  Hear(Reread(asked), "bob");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  Hear(Reread(asked), "carl");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(PinsFlowTest, WithTooFewPeopleNothingIsLoosened) {
  next_.clear_rules();
  Suspend("carl");
  EXPECT_THAT(Try(), HasReason(reason::kSelfApproval));
}

TEST_F(PinsFlowTest, TouchesCountOnlyAtTheOwnersGateways) {
  next_.clear_rules();
  registry_.account.mutable_gateways()->RemoveLast();
  EXPECT_EQ(Of(AskedForPins(), "carl").gateway(), "g1");
}

TEST_F(PinsFlowTest, AGatewayThatIsNotTheOwnersIsNoPlace) {
  registry_.account.clear_gateways();
  EXPECT_THAT(Try(), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(PinsFlowTest, AGatewayThatTheDeviceDoesNotBelieveIsNoPlace) {
  registry_.pins.mutable_gateways(0)->set_may_approve(false);
  next_.set_previous(
      crypto::ToString(proof::PinsHash(registry_.pins.SerializeAsString())));
  EXPECT_THAT(Try(), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(PinsFlowTest, AnotherAccountThanTheOwnersIsRefused) {
  Submission asked = Pins();
  asked.account = "bob";
  EXPECT_THAT(gate().submitter.Submit(asked, false),
              HasReason(reason::kNotAMember));
}

TEST_F(PinsFlowTest, ASetThatSkipsARevisionIsRefusedBeforeAnybodyIsAsked) {
  next_.set_revision(next_.revision() + 1);
  EXPECT_THAT(Try(), HasReason(reason::kPinsRevision));
  EXPECT_THAT(challenge_.issued, IsEmpty());
}

TEST_F(PinsFlowTest, ASetThatFollowsAnotherIsRefused) {
  next_.set_previous(std::string(32, 'x'));
  EXPECT_THAT(Try(), HasReason(reason::kPinsPrevious));
}

TEST_F(PinsFlowTest, AnotherOwnerIsNoMatterOfPins) {
  registry_.pins.set_account("carl");
  next_.set_previous(
      crypto::ToString(proof::PinsHash(registry_.pins.SerializeAsString())));
  EXPECT_THAT(Try(), HasReason(reason::kPinsChange));
}

TEST_F(PinsFlowTest, WhatTheRegistryRefusesNeverGoesDown) {
  registry_.apply_status = Error(reason::kPinsRevision, "somebody was faster");
  const StoredCommand asked = AskedForPins();
  Hear(asked, "ann");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_FAILED);
  EXPECT_THAT(SentDown(), IsEmpty());
}

TEST_F(PinsFlowTest, WithTheRegistryAwayTheSweeperGoesOn) {
  registry_.apply_status = Away();
  const StoredCommand asked = AskedForPins();
  Hear(asked, "ann");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
  registry_.apply_status = absl::OkStatus();
  Crash();
  clock_.Advance(absl::Seconds(5));
  gate().sweeper.Sweep();
  EXPECT_THAT(SentDown(), SizeIs(1));
}

TEST_F(PinsFlowTest, AGatewayThatComesBackGetsItAgain) {
  const StoredCommand asked = AskedForPins();
  Hear(asked, "ann");
  Crash();
  gate().flow.OnConnected(Session(), {});
  EXPECT_THAT(SentDown(), SizeIs(2));
}

TEST_F(PinsFlowTest, ADeviceThatRefusesItFailsIt) {
  const StoredCommand asked = AskedForPins();
  Hear(asked, "ann");
  DeviceSays(asked.row.command_id(), "SEQUENCE_STALE");
  EXPECT_EQ(Reread(asked).row.reason(), "SEQUENCE_STALE");
}

TEST_F(PinsFlowTest, UntilTheRegistryKnowsNothingEnds) {
  const StoredCommand asked = AskedForPins();
  Hear(asked, "ann");
  registry_.confirm_status = Away();
  DeviceSays(asked.row.command_id(), "");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(PinsFlowTest, WhatADeviceLacksGoesDown) {
  registry_.confirmation.add_updates()->mutable_item()->set_command("next");
  GatewayMessage up;
  up.mutable_pins_report()->set_device("cam-1");
  gate().flow.OnMessage(Session(), up);
  ASSERT_THAT(SentDown(), SizeIs(1));
  EXPECT_EQ(SentDown()[0].pins_update().item().command(), "next");
}

TEST_F(PinsFlowTest, AReleaseIsAppliedAndGoesDown) {
  const StoredCommand asked = Advance(Submit(Unbind(next_.previous())));
  EXPECT_THAT(Who(asked), ElementsAre("ann"));
  Hear(asked, "ann");
  EXPECT_THAT(registry_.applied, SizeIs(1));
  EXPECT_THAT(gateways_.Of(MeshMessage::kReleaseBinding), SizeIs(1));
  DeviceSays(asked.row.command_id(), "");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(PinsFlowTest, AReleaseOfAnotherPinSetIsRefused) {
  EXPECT_THAT(gate().submitter.Submit(Unbind(std::string(32, 'x')), false),
              HasReason(reason::kPinsPrevious));
}

TEST_F(PinsFlowTest, AReleaseThatADeviceLacksGoesDown) {
  registry_.confirmation.add_releases()->mutable_item()->set_command("free");
  GatewayMessage up;
  up.mutable_pins_report()->set_device("cam-1");
  gate().flow.OnMessage(Session(), up);
  EXPECT_THAT(gateways_.Of(MeshMessage::kReleaseBinding), SizeIs(1));
}

TEST_F(PinsFlowTest, AWordAboutAForgottenCommandReachesTheRegistry) {
  DeviceSays(std::string(26, 'a'), "");
  EXPECT_THAT(registry_.confirmed, SizeIs(1));
}

}  // namespace
}  // namespace u2fi::command_gate
