// A device goes to another owner through the gate's core: both are asked, each
// at a gateway of his own.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/command-gate/quorum_test_case.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

// The household of QuorumTestCase gives its camera to frank, who has the
// gateway g9. One touch by OWNER changes pins.
class TransferFlowTest : public QuorumTestCase {
 protected:
  TransferFlowTest() {
    registry_.rule = proof::OwnerTouchRule();
    registry_.pins.set_account("ann");
    gateways_.online.insert("g9");
    attestation_.tokens["frank"] = {{"frank-1", "g9"}};
    registry_.new_owner.add_gateways()->set_id("g9");
    next_ = proof::FakeSite().FirstPins();
    next_.set_account("frank");
    next_.clear_keys();
    *next_.add_keys() = frank_.Pinned(proof::v1::KEY_ROLE_OWNER);
    next_.set_revision(registry_.pins.revision() + 1);
    next_.set_previous(
        crypto::ToString(proof::PinsHash(registry_.pins.SerializeAsString())));
    *next_.mutable_gateways() = registry_.pins.gateways();
    proof::v1::PinnedGateway& own = *next_.add_gateways();
    own.set_id("g9");
    own.set_site("cottage");
    own.set_point(FakeGateways::PointOf("g9"));
    own.set_may_approve(true);
  }

  Submission Transfer() const {
    Submission asked = CameraOn();
    asked.purpose = proof::v1::PURPOSE_TRANSFER;
    asked.operation = std::string(proof::kOperationPins);
    asked.arguments = proof::Encode(next_);
    asked.evidence = evidence_;
    return asked;
  }
  absl::StatusOr<StoredCommand> Try() {
    return gate().submitter.Submit(Transfer(), /*check_only=*/false);
  }
  StoredCommand AskedForIt() { return Advance(Submit(Transfer())); }
  void Hear(const StoredCommand& command, const std::string& account) {
    GatewayMessage up;
    *up.mutable_approval_answer() = TouchBy(command, account);
    gate().flow.OnMessage(Session(Of(command, account).gateway()), up);
  }
  // "account@gateway" of each slot.
  static std::vector<std::string> Who(const StoredCommand& command) {
    std::vector<std::string> who;
    for (const auto& slot : command.row.slots()) {
      who.push_back(absl::StrCat(slot.account(), "@", slot.gateway()));
    }
    return who;
  }

  proof::FakeToken frank_{"frank-1", "frank"};
  proof::v1::PinSet next_;
  proof::v1::Evidence evidence_;
};

TEST_F(TransferFlowTest, EachIsAskedAtHisOwnGateway) {
  const StoredCommand asked = AskedForIt();
  EXPECT_THAT(Who(asked), ElementsAre("ann@g1", "frank@g9"));
  EXPECT_TRUE(Of(asked, "frank").new_owner());
  EXPECT_THAT(Of(asked, "frank").tokens(), ElementsAre("frank-1"));
  EXPECT_EQ(registry_.last_resolve.new_owner(), "frank");
}

TEST_F(TransferFlowTest, TheNewOwnerAgreesWithHisOwnersKeysOnly) {
  *next_.add_keys() =
      proof::FakeToken("frank-2", "frank").Pinned(proof::v1::KEY_ROLE_MEMBER);
  *next_.add_keys() =
      proof::FakeToken("grace-1", "grace").Pinned(proof::v1::KEY_ROLE_OWNER);
  for (const char* other : {"frank-2", "grace-1"}) {
    attestation_.tokens["frank"].push_back({other, "g9"});
  }
  EXPECT_THAT(Of(AskedForIt(), "frank").tokens(), ElementsAre("frank-1"));
}

TEST_F(TransferFlowTest, BothTouchesSendItDown) {
  const StoredCommand asked = AskedForIt();
  Hear(asked, "ann");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  Hear(Reread(asked), "frank");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
  EXPECT_THAT(registry_.applied, SizeIs(1));
  const auto sent = gateways_.Of(MeshMessage::kPinsUpdate);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_EQ(sent[0].pins_update().approvals_size(), 2);
}

TEST_F(TransferFlowTest, InAnyOrder) {
  const StoredCommand asked = AskedForIt();
  Hear(asked, "frank");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  Hear(Reread(asked), "ann");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(TransferFlowTest, WhoDoesNotWantItEndsIt) {
  const StoredCommand asked = AskedForIt();
  GatewayMessage up;
  *up.mutable_approval_answer() = AnswerTo(asked, SlotOf(asked, "frank"));
  up.mutable_approval_answer()->mutable_declined();
  gate().flow.OnMessage(Session("g9"), up);
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DENIED);
}

TEST_F(TransferFlowTest, TheNewOwnersTouchStandsForNoRule) {
  registry_.rule = proof::QuorumRule(2);
  const StoredCommand asked = AskedForIt();
  EXPECT_THAT(Who(asked), ElementsAre("bob@g1", "carl@g2", "frank@g9"));
  Hear(asked, "bob");
  Hear(Reread(asked), "frank");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_AWAITING_APPROVAL);
  Hear(Reread(asked), "carl");
  EXPECT_EQ(Reread(asked).row.state(), v1::COMMAND_STATE_DISPATCHED);
}

TEST_F(TransferFlowTest, WithoutAGatewayOfHisOwnNobodyIsAsked) {
  registry_.new_owner.clear_gateways();
  EXPECT_THAT(Try(), HasReason(reason::kNoCredentials));
  EXPECT_THAT(challenge_.issued, IsEmpty());
}

TEST_F(TransferFlowTest, ATouchAtAnotherGatewayIsNotAskedFor) {
  next_.mutable_gateways()->RemoveLast();
  EXPECT_THAT(Try(), HasReason(reason::kNoCredentials));
}

TEST_F(TransferFlowTest, WhileHisGatewayIsAwayItIsRefusedForNow) {
  gateways_.online.erase("g9");
  EXPECT_THAT(Try(), HasReason(reason::kGatewayOffline));
}

TEST_F(TransferFlowTest, AKeyThatHasToBringItsProofDoesNotTouch) {
  const proof::FakeSite site;
  const proof::FakeToken second("frank-2", "frank");
  *next_.add_keys() = second.Pinned(proof::v1::KEY_ROLE_OWNER);
  attestation_.tokens["frank"].push_back({"frank-2", "g9"});
  evidence_.add_enrolments()->set_command(
      proof::FakeEnrolCommand(site, second));
  EXPECT_THAT(Of(AskedForIt(), "frank").tokens(), ElementsAre("frank-1"));
}

TEST_F(TransferFlowTest, NobodyGivesWhatIsNotHis) {
  Submission asked = Transfer();
  asked.account = "frank";
  EXPECT_THAT(gate().submitter.Submit(asked, false),
              HasReason(reason::kNotAMember));
}

TEST_F(TransferFlowTest, ToTheSameOwnerItIsNoTransfer) {
  next_ = proof::FakeSite().FirstPins();
  registry_.pins.set_account(next_.account());
  next_.set_revision(registry_.pins.revision() + 1);
  next_.set_previous(
      crypto::ToString(proof::PinsHash(registry_.pins.SerializeAsString())));
  EXPECT_THAT(Try(), HasReason(reason::kPinsChange));
}

TEST_F(TransferFlowTest, ABrowserIsNoPlaceForIt) {
  Submission asked = Transfer();
  asked.browser_origin = "https://portal.u2fi.test";
  EXPECT_THAT(gate().submitter.Submit(asked, false),
              HasReason(reason::kPlaceNotAllowed));
}

}  // namespace
}  // namespace u2fi::command_gate
