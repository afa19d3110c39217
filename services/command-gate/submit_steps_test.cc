#include "services/command-gate/submit_steps.h"

#include <string>

#include "services/command-gate/gate_test_case.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::command_gate {
namespace {

class SubmitStepsTest : public GateTestCase {
 protected:
  absl::Status Try(const Submission& asked) {
    return gate().submitter.Submit(asked, /*check_only=*/true).status();
  }
  // An act of ann's on her account, at g1.
  static Submission OnAccount(absl::string_view operation,
                              const google::protobuf::Message& arguments) {
    Submission asked = CameraOn();
    asked.purpose = proof::v1::PURPOSE_TOKEN;
    asked.device = "account:ann";
    asked.on_account = true;
    asked.operation = std::string(operation);
    asked.arguments = proof::Encode(arguments);
    asked.approver_gateway = "g1";
    return asked;
  }
  static Submission Revocation() {
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id("token-9");
    return OnAccount("u2fi.token.revoke", arguments);
  }
  // Her list of gateways, which follows the one with this hash.
  static Submission GatewayList(const std::string& previous) {
    proof::v1::AccountGatewaysArguments arguments;
    arguments.set_format(1);
    arguments.set_previous(previous);
    arguments.add_gateways()->set_id("g1");
    arguments.mutable_gateways(0)->set_channel_key(std::string(32, 'k'));
    return OnAccount("u2fi.account.gateways", arguments);
  }
  static Submission PolicyChange(const std::string& resource,
                                 const std::string& change) {
    proof::v1::PolicyChangeArguments arguments;
    arguments.set_format(1);
    arguments.set_resource(resource);
    arguments.set_change(change);
    arguments.add_looser("door.open=free");
    return OnAccount("u2fi.policy", arguments);
  }
  void AddKey() { registry_.account.add_keys()->set_token_id("token-1"); }
};

TEST_F(SubmitStepsTest, AnActOnAnAccountTakesOneTouch) {
  AddKey();
  EXPECT_OK(Try(Revocation()));
  registry_.rule.set_approvals(2);
  EXPECT_THAT(Try(Revocation()), HasReason(reason::kUnimplemented));
}

// Of the account's own gateways, not of any that it names besides.
TEST_F(SubmitStepsTest, AnActOnAnAccountIsApprovedAtAGatewayOfItsOwn) {
  AddKey();
  registry_.account.mutable_gateways()->DeleteSubrange(0, 1);
  EXPECT_THAT(Try(Revocation()), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(SubmitStepsTest, OnlyTheFirstTokenIsEnrolledAnywhere) {
  registry_.account.clear_gateways();
  EXPECT_OK(Try(Enrolment()));
  AddKey();
  EXPECT_THAT(Try(Enrolment()), HasReason(reason::kPlaceNotAllowed));
}

TEST_F(SubmitStepsTest, TheDeviceBelievesTouchesAtThatVeryGateway) {
  registry_.account.clear_gateways();
  registry_.pins.mutable_gateways(0)->clear_may_approve();
  EXPECT_THAT(Try(CameraOn()), HasReason(reason::kPlaceNotAllowed));
  Submission elsewhere = CameraOn();
  elsewhere.approver_gateway = "g2";
  EXPECT_OK(Try(elsewhere));
}

TEST_F(SubmitStepsTest, WhoeverIsAskedTheExecutorIsThere) {
  Submission elsewhere = CameraOn();
  elsewhere.approver_gateway = "g2";
  gateways_.online.erase("g1");
  EXPECT_THAT(Try(elsewhere), HasReason(reason::kGatewayOffline));
}

TEST_F(SubmitStepsTest, AListOfGatewaysFollowsThePresentOne) {
  AddKey();
  const std::string hash(32, 'h');
  registry_.account.set_gateways_hash(hash);
  EXPECT_OK(Try(GatewayList(hash)));
  EXPECT_THAT(Try(GatewayList("")), HasReason(reason::kGatewaysPrevious));
  EXPECT_THAT(Try(GatewayList(std::string(32, 'x'))),
              HasReason(reason::kGatewaysPrevious));
}

TEST_F(SubmitStepsTest, APolicyChangeIsOneThatWaits) {
  AddKey();
  const std::string change(32, 'c');
  device_registry::v1::PolicyChange& waits = *registry_.policy.add_pending();
  waits.set_resource("policy");
  waits.set_change(change);
  EXPECT_OK(Try(PolicyChange("policy", change)));
  EXPECT_THAT(Try(PolicyChange("policy", std::string(32, 'x'))),
              HasReason(reason::kPolicyChangeUnknown));
  EXPECT_THAT(Try(PolicyChange("models/lock", change)),
              HasReason(reason::kPolicyChangeUnknown));
}

// A guest's key at the host's gateway is for leases there (decisions A7).
TEST_F(SubmitStepsTest, AFirstTokenIsForLeasesWhereSomebodyElseLives) {
  EXPECT_EQ(Submit(Enrolment(1)).row.enrol_lease_site(), "");
  registry_.gateways[0].set_site_owner("host");
  EXPECT_EQ(Submit(Enrolment(2)).row.enrol_lease_site(), "s1");
  AddKey();
  EXPECT_EQ(Submit(Enrolment(3)).row.enrol_lease_site(), "");
}

TEST_F(SubmitStepsTest, ALevelAloneIsAskedForToo) {
  registry_.rule.set_level(2);
  const StoredCommand stored = Submit(CameraOn());
  EXPECT_EQ(stored.row.required().level(), 2u);
  EXPECT_FALSE(stored.row.required().uv());
}

TEST_F(SubmitStepsTest, TheRowSaysWhoseTheDeviceIsAndWhereItIs) {
  registry_.gateways[0].set_site_owner("host");
  const StoredCommand stored = Submit(CameraOn());
  EXPECT_EQ(stored.row.owner(), "ann");
  EXPECT_EQ(stored.row.site_owner(), "host");
  EXPECT_EQ(stored.row.site(), "s1");
}

}  // namespace
}  // namespace u2fi::command_gate
