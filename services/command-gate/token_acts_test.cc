// Acts on the tokens of an account, from the submission to Apply.
#include <string>

#include "services/command-gate/gate_test_case.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::command_gate {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class TokenActsTest : public GateTestCase {
 protected:
  static Submission Act(const std::string& what,
                        const std::string& token = "token-1") {
    Submission asked = CameraOn();
    asked.purpose = proof::v1::PURPOSE_TOKEN;
    asked.device = "account:ann";
    asked.on_account = true;
    asked.operation = "u2fi.token." + what;
    asked.approver_gateway = "g1";
    proof::v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token);
    asked.arguments = proof::Encode(arguments);
    return asked;
  }
  // Submitted, asked, touched and dispatched.
  StoredCommand Done(const Submission& asked) {
    const StoredCommand question = Advance(Submit(asked));
    const auto approved = Answer(question, Touch(question));
    EXPECT_OK(approved);
    return approved.ok() ? Advance(*approved) : StoredCommand();
  }
};

TEST_F(TokenActsTest, BothOwnersApplyIt) {
  const StoredCommand done = Done(Act("revoke", "token-2"));
  EXPECT_EQ(done.row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(done.row.result_source(), v1::RESULT_SOURCE_APPLY);
  ASSERT_THAT(attestation_.applied, SizeIs(1));
  EXPECT_EQ(attestation_.applied[0].items(0).command(), done.row.command());
  EXPECT_EQ(attestation_.applied[0].approvals_size(), 1);
  ASSERT_THAT(registry_.applied, SizeIs(1));
  EXPECT_EQ(registry_.applied[0].items(0).command(), done.row.command());
}

TEST_F(TokenActsTest, OnlyAttestationBeginsARecovery) {
  EXPECT_EQ(Done(Act("recover")).row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(attestation_.applied, SizeIs(1));
  EXPECT_THAT(registry_.applied, IsEmpty());
}

TEST_F(TokenActsTest, WhatAttestationRefusesTheRegistryDoesNotHear) {
  attestation_.apply_status = Error(reason::kTokenState, "no");
  const StoredCommand done = Done(Act("resume", "token-2"));
  EXPECT_EQ(done.row.state(), v1::COMMAND_STATE_FAILED);
  EXPECT_EQ(done.row.reason(), "TOKEN_STATE");
  EXPECT_THAT(registry_.applied, IsEmpty());
}

TEST_F(TokenActsTest, ItWaitsForARegistryThatIsAway) {
  registry_.apply_status = Away();
  const StoredCommand question = Advance(Submit(Act("revoke", "token-2")));
  ASSERT_OK_AND_ASSIGN(const StoredCommand approved,
                       Answer(question, Touch(question)));
  EXPECT_THAT(gate().flow.Advance(approved),
              HasReason(reason::kPeerUnavailable));
  registry_.apply_status = absl::OkStatus();
  EXPECT_EQ(Advance(Reread(approved)).row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(attestation_.applied, SizeIs(2));
}

TEST_F(TokenActsTest, ATokenIsNotAskedAboutItself) {
  Advance(Submit(Act("revoke")));
  EXPECT_EQ(attestation_.listed.purpose(), proof::v1::PURPOSE_TOKEN);
  EXPECT_EQ(attestation_.listed.except_token_id(), "token-1");
  EXPECT_EQ(attestation_.listed.token_id(), "");
}

TEST_F(TokenActsTest, NorToResumeItself) {
  Advance(Submit(Act("resume")));
  EXPECT_EQ(attestation_.listed.except_token_id(), "token-1");
}

TEST_F(TokenActsTest, AnyTokenSuspends) {
  Advance(Submit(Act("suspend")));
  EXPECT_EQ(attestation_.listed.operation(), "u2fi.token.suspend");
  EXPECT_EQ(attestation_.listed.except_token_id(), "");
}

TEST_F(TokenActsTest, ARecoveryTokenAloneIsAskedToRecover) {
  Advance(Submit(Act("recover")));
  EXPECT_EQ(attestation_.listed.operation(), "u2fi.token.recover");
  EXPECT_EQ(attestation_.listed.token_id(), "token-1");
}

TEST_F(TokenActsTest, WithoutAnotherTokenNobodyIsAsked) {
  attestation_.list_status = Error(reason::kNoCredentials, "none");
  const StoredCommand denied = Advance(Submit(Act("revoke")));
  EXPECT_EQ(denied.row.state(), v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(denied.row.reason(), "NO_CREDENTIALS");
  EXPECT_THAT(gateways_.Of(gateway::v1::MeshMessage::kApprovalRequest),
              IsEmpty());
}

// An operator named a change of the policy that waits.
class PolicyActTest : public TokenActsTest {
 protected:
  PolicyActTest() {
    device_registry::v1::PolicyChange& waits = *registry_.policy.add_pending();
    waits.set_resource("policy");
    waits.set_change(std::string(32, 'c'));
    waits.add_looser("lamp.on=free");
  }
  static Submission Agree(char change = 'c') {
    Submission asked = Act("revoke");
    asked.operation = "u2fi.policy";
    proof::v1::PolicyChangeArguments arguments;
    arguments.set_format(1);
    arguments.set_resource("policy");
    arguments.set_change(std::string(32, change));
    arguments.add_looser("lamp.on=free");
    asked.arguments = proof::Encode(arguments);
    return asked;
  }
};

TEST_F(PolicyActTest, TheRegistryAloneAppliesIt) {
  EXPECT_EQ(Done(Agree()).row.state(), v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(attestation_.applied, IsEmpty());
  EXPECT_THAT(registry_.applied, SizeIs(1));
}

TEST_F(PolicyActTest, WhatDoesNotWaitIsRefusedBeforeATouch) {
  EXPECT_THAT(gate().submitter.Submit(Agree('x'), /*check_only=*/false),
              HasReason(reason::kPolicyChangeUnknown));
}

TEST_F(PolicyActTest, ABrowserIsNoPlaceForIt) {
  Submission asked = Agree();
  asked.approver_gateway.clear();
  asked.browser_origin = "https://portal.example";
  EXPECT_THAT(gate().submitter.Submit(asked, /*check_only=*/false),
              HasReason(reason::kPlaceNotAllowed));
}

TEST_F(TokenActsTest, AForeignGatewayIsNoPlaceForIt) {
  registry_.account.clear_gateways();
  EXPECT_THAT(gate().submitter.Submit(Act("revoke"), false),
              HasReason(reason::kPlaceNotAllowed));
}

TEST_F(TokenActsTest, ArgumentsOfAnotherFormAreRefused) {
  Submission asked = Act("revoke");
  asked.arguments = "junk";
  EXPECT_THAT(gate().submitter.Submit(asked, false),
              HasReason(reason::kArgumentsFormat));
}

TEST_F(TokenActsTest, AnApprovedOneIsAppliedAfterACrash) {
  const StoredCommand question = Advance(Submit(Act("revoke", "token-2")));
  ASSERT_OK_AND_ASSIGN(const StoredCommand approved,
                       Answer(question, Touch(question)));
  Crash();
  EXPECT_EQ(Advance(approved).row.state(), v1::COMMAND_STATE_SUCCEEDED);
}

}  // namespace
}  // namespace u2fi::command_gate
