#include "services/command-gate/approvers.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/quorum_test_case.h"

namespace u2fi::command_gate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ApproversTest : public QuorumTestCase {
 protected:
  ApproversTest() {
    row_.set_account("ann");
    row_.set_purpose(proof::v1::PURPOSE_COMMAND);
    row_.set_site("s1");
    row_.mutable_required()->set_level(1);
  }
  Approvers::Case Asked() {
    Approvers::Case in;
    in.tenant = "t1";
    in.pins = {registry_.pins};
    in.rule = registry_.rule;
    in.place = "g1";
    return in;
  }
  absl::Status Add(const Approvers::Case& in, bool self_approval = false) {
    Approvers approvers(clock_, attestation_, gateways_, {self_approval});
    return approvers.AddTo(in, row_);
  }
  bool IsQuorum(const std::string& account) {
    return gate().approvers.IsQuorum(Asked(), account);
  }
  // "account@gateway" of each slot.
  std::vector<std::string> Who() {
    std::vector<std::string> who;
    for (const auto& slot : row_.slots()) {
      who.push_back(slot.account() + "@" + slot.gateway());
    }
    return who;
  }
  proof::v1::PinnedKey& KeyOf(const std::string& token) {
    for (proof::v1::PinnedKey& key : *registry_.pins.mutable_keys()) {
      if (key.token_id() == token) return key;
    }
    ADD_FAILURE() << token;
    return *registry_.pins.mutable_keys(0);
  }

  records::v1::CommandRow row_;
};

TEST_F(ApproversTest, EverybodyElseIsAskedWhereTheyWereSeen) {
  ASSERT_OK(Add(Asked()));
  EXPECT_THAT(Who(), ElementsAre("bob@g1", "carl@g2"));
  EXPECT_EQ(row_.quorum().approvals(), 2u);
}

TEST_F(ApproversTest, AnAccountWithTwoTokensIsAskedOnce) {
  ASSERT_OK(Add(Asked()));
  EXPECT_THAT(row_.slots(0).tokens(), ElementsAre("bob-1", "bob-2"));
}

TEST_F(ApproversTest, ASlotHasTheKeyAndTheSiteOfItsGateway) {
  ASSERT_OK(Add(Asked()));
  EXPECT_EQ(row_.slots(1).channel_key(), Session("g2").channel_key);
  EXPECT_EQ(row_.slots(1).site(), "s1");
  EXPECT_EQ(row_.slots(1).state(), v1::APPROVAL_STATE_QUEUED);
}

TEST_F(ApproversTest, AttestationIsAskedForWhatTheRuleWants) {
  ASSERT_OK(Add(Asked()));
  EXPECT_EQ(attestation_.listed.required().level(), 1u);
  EXPECT_EQ(attestation_.listed.purpose(), proof::v1::PURPOSE_COMMAND);
  EXPECT_EQ(attestation_.listed.site(), "s1");
}

TEST_F(ApproversTest, NobodyApprovesTheirOwnRequest) {
  attestation_.tokens["carl"].clear();
  EXPECT_THAT(Add(Asked()), HasReason(reason::kSelfApproval));
}

TEST_F(ApproversTest, UnlessTheDeploymentLetsThem) {
  attestation_.tokens["carl"].clear();
  ASSERT_OK(Add(Asked(), /*self_approval=*/true));
  EXPECT_THAT(Who(), ElementsAre("ann@g1", "bob@g1"));
}

TEST_F(ApproversTest, ATokenThatTheDeviceHasNotPinnedIsNotAsked) {
  attestation_.tokens["carl"][0].id = "carl-new";
  ASSERT_OK(Add(Asked(), /*self_approval=*/true));
  EXPECT_THAT(Who(), ElementsAre("ann@g1", "bob@g1"));
}

TEST_F(ApproversTest, AKeyWithoutARoleOfTheRuleIsNotAsked) {
  KeyOf("carl-1").set_roles(proof::v1::KEY_ROLE_MEMBER);
  EXPECT_THAT(Add(Asked()), HasReason(reason::kSelfApproval));
}

TEST_F(ApproversTest, AKeyBelowTheLevelIsNotAsked) {
  registry_.rule.set_level(1);
  for (proof::v1::PinnedKey& key : *registry_.pins.mutable_keys()) {
    key.set_level(key.account() == "carl" ? 0 : 1);
  }
  EXPECT_THAT(Add(Asked()), HasReason(reason::kSelfApproval));
}

TEST_F(ApproversTest, AKeyHasToBePinnedByEveryDevice) {
  Approvers::Case in = Asked();
  in.pins.push_back(registry_.pins);
  in.pins[1].mutable_keys(3)->set_point("another key");
  EXPECT_THAT(Add(in), HasReason(reason::kSelfApproval));
}

TEST_F(ApproversTest, AGuestsKeyCountsOnlyDuringTheLease) {
  registry_.rule.set_roles(proof::v1::KEY_ROLE_LESSEE +
                           proof::v1::KEY_ROLE_APPROVER);
  KeyOf("carl-1").set_roles(proof::v1::KEY_ROLE_LESSEE);
  EXPECT_THAT(Add(Asked()), HasReason(reason::kNoCredentials));
  row_.clear_slots();
  registry_.pins.mutable_lease()->set_until_ms(
      static_cast<uint64_t>(UnixMillis(clock_)) + 1);
  EXPECT_OK(Add(Asked()));
}

TEST_F(ApproversTest, DuringALeaseARuleForTheLesseeAsksNobodyElse) {
  registry_.rule.set_lessee(true);
  registry_.pins.mutable_lease()->set_until_ms(
      static_cast<uint64_t>(UnixMillis(clock_)) + 1);
  EXPECT_THAT(Add(Asked()), HasReason(reason::kNoCredentials));
}

TEST_F(ApproversTest, WhoWasSeenWhereTouchesDoNotCountIsAskedAtTheNamedPlace) {
  attestation_.tokens["carl"][0].last_gateway = "home-of-carl";
  Approvers::Case in = Asked();
  in.place = "g2";
  ASSERT_OK(Add(in));
  EXPECT_THAT(Who(), ElementsAre("bob@g1", "carl@g2"));
}

TEST_F(ApproversTest, AGatewayThatMayNotApproveIsNotUsed) {
  registry_.pins.mutable_gateways(1)->set_may_approve(false);
  ASSERT_OK(Add(Asked()));
  EXPECT_THAT(Who(), ElementsAre("bob@g1", "carl@g1"));
}

TEST_F(ApproversTest, AGatewayThatIsAwayIsNotUsed) {
  gateways_.online = {"g1"};
  ASSERT_OK(Add(Asked()));
  EXPECT_THAT(Who(), ElementsAre("bob@g1", "carl@g1"));
}

TEST_F(ApproversTest, AStreamWithAnotherKeyThanThePinnedIsNotUsed) {
  registry_.pins.mutable_gateways(1)->set_point(std::string(65, 'x'));
  ASSERT_OK(Add(Asked()));
  EXPECT_THAT(Who(), ElementsAre("bob@g1", "carl@g1"));
}

TEST_F(ApproversTest, WhileAllGatewaysAreAwayItIsRefusedForNow) {
  gateways_.online.clear();
  const absl::Status status = Add(Asked());
  EXPECT_THAT(status, HasReason(reason::kGatewayOffline));
  EXPECT_TRUE(RetryOf(status).has_value());
}

TEST_F(ApproversTest, DistinctGatewaysSpreadPeopleOverThem) {
  registry_.rule.set_distinct_gateways(true);
  attestation_.tokens["carl"][0].last_gateway = "g1";
  ASSERT_OK(Add(Asked()));
  EXPECT_THAT(Who(), ElementsAre("bob@g1", "carl@g2"));
}

TEST_F(ApproversTest, OneGatewayIsNotEnoughForDistinctOnes) {
  registry_.rule.set_distinct_gateways(true);
  gateways_.online = {"g1"};
  EXPECT_FALSE(Add(Asked()).ok());
}

TEST_F(ApproversTest, DistinctSitesNeedAGatewayOfAnotherSite) {
  registry_.rule.set_distinct_sites(true);
  EXPECT_FALSE(Add(Asked()).ok());
  row_.clear_slots();
  registry_.pins.mutable_gateways(1)->set_site("s2");
  EXPECT_OK(Add(Asked()));
}

TEST_F(ApproversTest, TooFewPeopleAreTooFew) {
  attestation_.tokens["carl"].clear();
  attestation_.tokens["ann"].clear();
  EXPECT_THAT(Add(Asked()), HasReason(reason::kNoCredentials));
}

TEST_F(ApproversTest, WhileAttestationIsAwayNobodyIsChosen) {
  attestation_.list_status = Away();
  EXPECT_THAT(Add(Asked()), HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(Who(), IsEmpty());
}

TEST_F(ApproversTest, WhoAsksForWhatOnlyOthersMayApproveAsksThem) {
  registry_.rule.set_approvals(1);
  EXPECT_FALSE(IsQuorum("ann"));
  EXPECT_FALSE(IsQuorum("bob"));
  EXPECT_TRUE(IsQuorum("dora"));
}

TEST_F(ApproversTest, SeveralApprovalsAreAlwaysAQuorum) {
  EXPECT_TRUE(IsQuorum("ann"));
  EXPECT_TRUE(IsQuorum("dora"));
}

}  // namespace
}  // namespace u2fi::command_gate
