#include "services/command-gate/quorum.h"

#include "services/command-gate/gate_test_case.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;

class QuorumTest : public testing::Test {
 protected:
  QuorumTest() {
    row_.mutable_quorum()->set_kind(proof::v1::RULE_KIND_APPROVALS);
    row_.mutable_quorum()->set_approvals(2);
    row_.mutable_quorum()->set_roles(proof::v1::KEY_ROLE_APPROVER);
  }
  void Add(v1::ApprovalState state, const std::string& gateway = "g1",
           const std::string& site = "s1") {
    records::v1::Slot& slot = *row_.add_slots();
    slot.set_state(state);
    slot.set_gateway(gateway);
    slot.set_site(site);
    slot.mutable_approval()->set_token_id(gateway);
  }

  CommandRow row_;
};

TEST_F(QuorumTest, OneOfTwoIsNotEnough) {
  Add(v1::APPROVAL_STATE_ACCEPTED);
  Add(v1::APPROVAL_STATE_ASKED);
  EXPECT_FALSE(IsApproved(row_));
  EXPECT_TRUE(MayBeApproved(row_));
}

TEST_F(QuorumTest, TwoOfThreeAre) {
  Add(v1::APPROVAL_STATE_ACCEPTED);
  Add(v1::APPROVAL_STATE_ASKED);
  Add(v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_TRUE(IsApproved(row_));
}

TEST_F(QuorumTest, WhoIsOutCountsNoMore) {
  Add(v1::APPROVAL_STATE_ACCEPTED);
  Add(v1::APPROVAL_STATE_REFUSED);
  Add(v1::APPROVAL_STATE_EXPIRED);
  Add(v1::APPROVAL_STATE_DECLINED);
  Add(v1::APPROVAL_STATE_CANCELLED);
  EXPECT_FALSE(MayBeApproved(row_));
}

TEST_F(QuorumTest, WhoIsYetToBeAskedMay) {
  Add(v1::APPROVAL_STATE_QUEUED);
  Add(v1::APPROVAL_STATE_QUEUED);
  EXPECT_TRUE(MayBeApproved(row_));
  EXPECT_FALSE(IsApproved(row_));
}

TEST_F(QuorumTest, ASecondTouchAtTheSameGatewayDoesNotCount) {
  row_.mutable_quorum()->set_distinct_gateways(true);
  Add(v1::APPROVAL_STATE_ACCEPTED, "g1");
  Add(v1::APPROVAL_STATE_ACCEPTED, "g1");
  EXPECT_FALSE(IsApproved(row_));
  Add(v1::APPROVAL_STATE_ACCEPTED, "g2");
  EXPECT_TRUE(IsApproved(row_));
}

TEST_F(QuorumTest, ASecondTouchAtTheSameSiteDoesNotCount) {
  row_.mutable_quorum()->set_distinct_sites(true);
  Add(v1::APPROVAL_STATE_ACCEPTED, "g1", "s1");
  Add(v1::APPROVAL_STATE_ACCEPTED, "g2", "s1");
  EXPECT_FALSE(IsApproved(row_));
  Add(v1::APPROVAL_STATE_ACCEPTED, "g3", "s3");
  EXPECT_TRUE(IsApproved(row_));
}

TEST_F(QuorumTest, UserVerificationAndLevelWereLookedAtBefore) {
  row_.mutable_quorum()->set_uv(true);
  row_.mutable_quorum()->set_level(2);
  Add(v1::APPROVAL_STATE_ACCEPTED);
  Add(v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_TRUE(IsApproved(row_));
}

TEST_F(QuorumTest, WithoutAQuorumEverybodyHasToAgree) {
  row_.clear_quorum();
  EXPECT_FALSE(IsApproved(row_));
  Add(v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_TRUE(IsApproved(row_));
  Add(v1::APPROVAL_STATE_ASKED);
  EXPECT_FALSE(IsApproved(row_));
  EXPECT_TRUE(MayBeApproved(row_));
  row_.mutable_slots(1)->set_state(v1::APPROVAL_STATE_REFUSED);
  EXPECT_FALSE(MayBeApproved(row_));
}

TEST_F(QuorumTest, TheProofHoldsWhatWasAccepted) {
  Add(v1::APPROVAL_STATE_ACCEPTED, "g1");
  Add(v1::APPROVAL_STATE_CANCELLED, "g2");
  Add(v1::APPROVAL_STATE_ACCEPTED, "g3");
  const auto touches = TouchesOf(row_);
  ASSERT_EQ(touches.size(), 2);
  EXPECT_EQ(touches[0].token_id(), "g1");
  EXPECT_EQ(touches[1].token_id(), "g3");
}

}  // namespace
}  // namespace u2fi::command_gate
