#include "services/common/proof/account_proof.h"

#include "services/common/proof/assertion.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/status/status_matchers.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

using testing::ElementsAre;

class AccountProofTest : public testing::Test {
 protected:
  AccountProofTest() {
    in_ = FakeAccountInputs(site_);
    second_.account = "alice";
  }

  // Has a token operation approved and verifies it.
  absl::Status VerifyToken(const std::string& operation,
                           const std::string& token,
                           std::vector<FakeTouch> touches) {
    v1::TokenArguments arguments;
    arguments.set_format(1);
    arguments.set_token_id(token);
    command_ = site_.CommandBytes(operation, Encode(arguments));
    return Verify(std::move(touches));
  }

  absl::Status Verify(std::vector<FakeTouch> touches) {
    FakeRequest request;
    request.purpose = purpose_;
    request.commands = {command_};
    request.touches = std::move(touches);
    request.edit = edit_;
    v1::Proof proof = site_.Prove(request);
    if (break_) break_(*proof.mutable_approvals(0));
    return VerifyAccountProof(command_, proof, in_).status();
  }

  // The same for the enrolment of `second_`.
  absl::Status VerifyEnrol(std::vector<FakeTouch> touches) {
    purpose_ = v1::PURPOSE_ENROL;
    command_ = FakeEnrolCommand(site_, second_);
    in_.new_key = FakeAccountKey(second_);
    in_.registration = second_.Registration();
    return Verify(std::move(touches));
  }

  absl::Status Revoke() {
    return VerifyToken("u2fi.token.revoke", "tok-x", {Alice()});
  }

  FakeTouch Alice() { return {&site_.alice, &site_.gw1}; }
  FakeTouch Second() { return {&second_, &site_.gw1}; }

  FakeSite site_;
  FakeToken second_{"tok-alice2", "alice"};
  v1::Purpose purpose_ = v1::PURPOSE_TOKEN;
  std::string command_;
  AccountInputs in_;
  std::function<void(v1::AuthorizationStatement&)> edit_;
  std::function<void(v1::Approval&)> break_;
};

TEST_F(AccountProofTest, AnActOfTheAccountIsAccepted) { EXPECT_OK(Revoke()); }

TEST_F(AccountProofTest, TheResultSaysWhat) {
  FakeRequest request;
  request.purpose = v1::PURPOSE_ENROL;
  request.commands = {FakeEnrolCommand(site_, second_)};
  request.touches = {Second(), Alice()};
  in_.new_key = FakeAccountKey(second_);
  in_.registration = second_.Registration();
  ASSERT_OK_AND_ASSIGN(
      const VerifiedAccountCommand verified,
      VerifyAccountProof(request.commands[0], site_.Prove(request), in_));
  EXPECT_EQ(verified.account(), "alice");
  EXPECT_EQ(verified.purpose(), v1::PURPOSE_ENROL);
  EXPECT_EQ(verified.command().operation(), "u2fi.enrol");
  EXPECT_EQ(verified.bytes(), request.commands[0]);
  EXPECT_THAT(verified.tokens(), ElementsAre("tok-alice2", "tok-alice"));
}

TEST_F(AccountProofTest, OtherTenantsAndAccountsAreRefused) {
  in_.tenant = "other";
  EXPECT_THAT(Revoke(), HasReason(reason::kTenantMismatch));
  in_.tenant = "acme";
  in_.account = "bob";
  EXPECT_THAT(Revoke(), HasReason(reason::kAccountMismatch));
}

TEST_F(AccountProofTest, AnotherAccountsApprovalIsRefused) {
  EXPECT_THAT(
      VerifyToken("u2fi.token.revoke", "tok-x", {{&site_.bob, &site_.gw1}}),
      HasReason(reason::kAccountMismatch));
}

// The account of the command's target, not only that of who approved.
TEST_F(AccountProofTest, AnActOnAnotherAccountIsRefused) {
  v1::TokenArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id("tok-bob");
  v1::Command command = site_.Command("u2fi.token.revoke", Encode(arguments));
  command.set_device("account:bob");
  command.clear_gateway();
  command.clear_sequence();
  command_ = Encode(command);
  EXPECT_THAT(Verify({Alice()}), HasReason(reason::kAccountMismatch));
}

// A guest's key in a stranger's gateway (decisions A7).
TEST_F(AccountProofTest, AStrangersGatewayIsRefused) {
  const FakeGateway hotel("gw-hotel", "hotel");
  EXPECT_THAT(
      VerifyToken("u2fi.token.revoke", "tok-x", {{&site_.alice, &hotel}}),
      HasReason(reason::kPlaceNotAllowed));
}

TEST_F(AccountProofTest, AnotherKeyOfTheGatewayIsRefused) {
  in_.gateways[0].channel_key = std::string(32, 'x');
  EXPECT_THAT(Revoke(), HasReason(reason::kChannelKeyMismatch));
}

TEST_F(AccountProofTest, ThePortalIsAPlace) {
  EXPECT_OK(VerifyToken("u2fi.token.revoke", "tok-x", {{&site_.alice}}));
  in_.browser_channel_keys.clear();
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {{&site_.alice}}),
              HasReason(reason::kBrowserNotAllowed));
}

TEST_F(AccountProofTest, DeadlinesHold) {
  in_.now_ms = site_.now_ms + 120'001;
  EXPECT_THAT(Revoke(), HasReason(reason::kExecuteByPassed));
  in_.skew_ms = 1;
  EXPECT_OK(Revoke());
  edit_ = [&](v1::AuthorizationStatement& s) {
    s.set_approve_by_ms(site_.now_ms - 1);
  };
  EXPECT_THAT(Revoke(), HasReason(reason::kApproveByPassed));
}

TEST_F(AccountProofTest, ATouchAtApproveByCounts) {
  edit_ = [&](v1::AuthorizationStatement& s) {
    s.set_approve_by_ms(site_.now_ms);
  };
  EXPECT_OK(Revoke());
}

TEST_F(AccountProofTest, ExecuteByIsNearApproveBy) {
  edit_ = [](v1::AuthorizationStatement& s) {
    s.set_execute_by_ms(s.approve_by_ms() +
                        MaxExecuteAfterApproveMs(v1::PURPOSE_TOKEN) + 1);
  };
  EXPECT_THAT(Revoke(), HasReason(reason::kDeadlineBounds));
}

TEST_F(AccountProofTest, HistoryHasNoExecuteBy) {
  in_.now_ms = 0;
  EXPECT_OK(Revoke());
}

TEST_F(AccountProofTest, DeviceActsAreRefused) {
  purpose_ = v1::PURPOSE_COMMAND;
  command_ = site_.CommandBytes("door.unlock");
  EXPECT_THAT(Verify({Alice()}), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(AccountProofTest, EachOperationHasItsPurpose) {
  purpose_ = v1::PURPOSE_ENROL;
  EXPECT_THAT(Revoke(), HasReason(reason::kPurposeNotAllowed));
}

TEST_F(AccountProofTest, TheArgumentsHaveTheirForm) {
  command_ = site_.CommandBytes("u2fi.token.revoke", "{}");
  const absl::Status status = Verify({Alice()});
  EXPECT_THAT(status, HasReason(reason::kArgumentsFormat));
  EXPECT_EQ(StepOf(status), "format");
}

TEST_F(AccountProofTest, TheIndexInTheCommandIsThatOfTheProof) {
  v1::TokenArguments arguments;
  arguments.set_format(1);
  arguments.set_token_id("tok-x");
  v1::Command command = site_.Command("u2fi.token.revoke", Encode(arguments));
  command.set_index(1);
  command_ = Encode(command);
  EXPECT_THAT(Verify({Alice()}), HasReason(reason::kPathInvalid));
}

TEST_F(AccountProofTest, ForeignTokensAreRefused) {
  FakeToken other("tok-other", "alice");
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {{&other, &site_.gw1}}),
              HasReason(reason::kTokenNotPinned));
}

TEST_F(AccountProofTest, RecoveryTokensOnlyRecover) {
  in_.keys[0].recovery = true;
  EXPECT_THAT(Revoke(), HasReason(reason::kTokenRole));
  EXPECT_OK(VerifyToken("u2fi.token.recover", "tok-alice", {Alice()}));
  in_.keys[0].recovery = false;
  EXPECT_THAT(VerifyToken("u2fi.token.recover", "tok-alice", {Alice()}),
              HasReason(reason::kTokenRole));
}

TEST_F(AccountProofTest, ATokenDoesNotResumeItself) {
  EXPECT_THAT(VerifyToken("u2fi.token.resume", "tok-alice", {Alice()}),
              HasReason(reason::kRuleNotSatisfied));
  EXPECT_OK(VerifyToken("u2fi.token.resume", "tok-x", {Alice()}));
}

TEST_F(AccountProofTest, SignaturesAreChecked) {
  break_ = [](v1::Approval& a) { a.mutable_signature()->back() ^= 1; };
  const absl::Status status = Revoke();
  EXPECT_THAT(status, HasReason(reason::kSignatureInvalid));
  EXPECT_EQ(StepOf(status), "signature");
}

TEST_F(AccountProofTest, OtherKindsOfKeysHaveTheirOwnCheck) {
  in_.keys[0].point.clear();
  EXPECT_THAT(Revoke(), HasReason(reason::kSignatureInvalid));
  std::string signed_bytes;
  in_.keys[0].check = [&](absl::string_view bytes, absl::string_view) {
    signed_bytes = std::string(bytes);
    return absl::OkStatus();
  };
  EXPECT_OK(Revoke());
  EXPECT_EQ(signed_bytes.size(), 37u + 32u);
}

TEST_F(AccountProofTest, RelaysAreChecked) {
  break_ = [](v1::Approval& a) { a.mutable_relay_signature()->back() ^= 1; };
  EXPECT_THAT(Revoke(), HasReason(reason::kRelayInvalid));
  break_ = [](v1::Approval& a) { a.clear_touched_at_ms(); };
  EXPECT_THAT(Revoke(), HasReason(reason::kRelayInvalid));
}

TEST_F(AccountProofTest, U2fBringsTheGatewaysPointAndCtap2DoesNot) {
  in_.gateways[0].point.clear();
  EXPECT_OK(Revoke());
  const FakeTouch ctap2{&site_.alice, &site_.gw1, true};
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {ctap2}),
              HasReason(reason::kRelayInvalid));
  in_.gateways[0].point = site_.gw1.key.public_key().point();
  EXPECT_OK(VerifyToken("u2fi.token.revoke", "tok-x", {ctap2}));
}

TEST_F(AccountProofTest, ARelayOfNoTimeIsNone) {
  break_ = [&](v1::Approval& a) {
    v1::Answer answer;
    answer.set_authenticator_data(a.authenticator_data());
    answer.set_signature(a.signature());
    SignRelay(site_.gw1.key, ChallengeOf(a.statement()), 0, answer);
    a.clear_touched_at_ms();
    a.set_relay_signature(answer.relay_signature());
  };
  EXPECT_THAT(Revoke(), HasReason(reason::kRelayInvalid));
}

TEST_F(AccountProofTest, APortalRelaysNothing) {
  const FakeTouch portal{&site_.alice};
  break_ = [&](v1::Approval& a) { a.set_touched_at_ms(site_.now_ms); };
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {portal}),
              HasReason(reason::kRelayInvalid));
  break_ = [](v1::Approval& a) { a.set_relay_signature("r"); };
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {portal}),
              HasReason(reason::kRelayInvalid));
}

// Who cannot know the gateway's key and has had the relay checked before.
TEST_F(AccountProofTest, ARelayCheckedElsewhereIsThereAllTheSame) {
  in_.gateways[0].point.clear();
  in_.relays_checked_elsewhere = true;
  const FakeTouch ctap2{&site_.alice, &site_.gw1, true};
  EXPECT_OK(VerifyToken("u2fi.token.revoke", "tok-x", {ctap2}));
  break_ = [](v1::Approval& a) { a.clear_relay_signature(); };
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {ctap2}),
              HasReason(reason::kRelayInvalid));
  break_ = [](v1::Approval& a) { a.clear_touched_at_ms(); };
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {ctap2}),
              HasReason(reason::kRelayInvalid));
  break_ = [](v1::Approval& a) { a.mutable_relay_signature()->back() ^= 1; };
  EXPECT_OK(VerifyToken("u2fi.token.revoke", "tok-x", {ctap2}));
  EXPECT_THAT(Revoke(), HasReason(reason::kRelayInvalid))
      << "U2F brings the point";
  in_.gateways[0].point = site_.gw1.key.public_key().point();
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {ctap2}),
              HasReason(reason::kRelayInvalid))
      << "the point is known";
}

TEST_F(AccountProofTest, UserVerificationThatWasDoneIsEnough) {
  edit_ = [](v1::AuthorizationStatement& s) {
    s.mutable_required()->set_uv(true);
  };
  EXPECT_OK(VerifyToken("u2fi.token.revoke", "tok-x",
                        {{&site_.alice, &site_.gw1, true, 0x05}}));
}

TEST_F(AccountProofTest, FlagsAndRelyingPartyAreChecked) {
  in_.rp_id_hash = std::string(32, 'x');
  EXPECT_THAT(Revoke(), HasReason(reason::kRpIdHashMismatch));
  in_ = FakeAccountInputs(site_);
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x",
                          {{&site_.alice, &site_.gw1, false, 0x00}}),
              HasReason(reason::kUserPresence));
  edit_ = [](v1::AuthorizationStatement& s) {
    s.mutable_required()->set_uv(true);
  };
  EXPECT_THAT(Revoke(), HasReason(reason::kUserVerification));
}

TEST_F(AccountProofTest, TheCommandIsTheOneThatWasApproved) {
  FakeRequest request;
  request.purpose = v1::PURPOSE_ENROL;
  request.commands = {FakeEnrolCommand(site_, second_)};
  request.touches = {Second(), Alice()};
  const v1::Proof proof = site_.Prove(request);
  in_.new_key = FakeAccountKey(second_);
  FakeToken swapped("tok-alice2", "alice");
  swapped.key = FakeKey("mallory");
  EXPECT_THAT(VerifyAccountProof(FakeEnrolCommand(site_, swapped), proof, in_),
              HasReason(reason::kCommandMismatch));
}

TEST_F(AccountProofTest, SizesFormatAndAgreementAreChecked) {
  v1::Proof proof;
  EXPECT_EQ(StepOf(VerifyAccountProof("x", proof, in_).status()), "sizes");
  proof = site_.Prove({v1::PURPOSE_TOKEN, {"x"}, {Alice()}, nullptr});
  EXPECT_EQ(
      StepOf(VerifyAccountProof(std::string(4097, 'x'), proof, in_).status()),
      "sizes");
  v1::Proof large = proof;
  for (int i = 0; i < 520; ++i) large.add_path(std::string(32, 'p'));
  EXPECT_EQ(StepOf(VerifyAccountProof("x", large, in_).status()), "sizes");
  EXPECT_EQ(StepOf(VerifyAccountProof("x", proof, in_).status()), "format");
  EXPECT_EQ(StepOf(VerifyToken("u2fi.token.revoke", "t", {Alice(), Alice()})),
            "agreement");
}

TEST_F(AccountProofTest, EnrolmentNeedsTheNewKeyAndAnEnrolledOne) {
  EXPECT_OK(VerifyEnrol({Second(), Alice()}));
  EXPECT_THAT(VerifyEnrol({Second()}), HasReason(reason::kRuleNotSatisfied));
  EXPECT_THAT(VerifyEnrol({Alice()}), HasReason(reason::kRuleNotSatisfied));
}

TEST_F(AccountProofTest, AFirstTokenEnrolsItselfAtAnyGateway) {
  in_.keys.clear();
  const FakeGateway hotel("gw-hotel", "hotel");
  EXPECT_OK(VerifyEnrol({{&second_, &hotel}}));
}

TEST_F(AccountProofTest, ASecondTokenIsNotEnrolledAtAStrangersGateway) {
  const FakeGateway hotel("gw-hotel", "hotel");
  EXPECT_THAT(VerifyEnrol({{&second_, &hotel}, {&site_.alice, &hotel}}),
              HasReason(reason::kPlaceNotAllowed));
}

TEST_F(AccountProofTest, TheRegistrationIsTheOneInTheArguments) {
  EXPECT_OK(VerifyEnrol({Second(), Alice()}));
  command_ = FakeEnrolCommand(site_, second_);
  in_.registration.set_attestation("another");
  EXPECT_THAT(Verify({Second(), Alice()}),
              HasReason(reason::kEnrolmentInvalid));
}

// Under another id a key would be both the new and the enrolled one.
TEST_F(AccountProofTest, TheNewKeyApprovesUnderItsOwnIdOnly) {
  FakeToken ghost("tok-ghost", "alice");
  ghost.key = second_.key;
  EXPECT_THAT(VerifyEnrol({Second(), {&ghost, &site_.gw1}}),
              HasReason(reason::kTokenNotPinned));
}

TEST_F(AccountProofTest, ANewKeyApprovesNothingButItsEnrolment) {
  in_.new_key = FakeAccountKey(second_);
  EXPECT_THAT(VerifyToken("u2fi.token.revoke", "tok-x", {Second()}),
              HasReason(reason::kTokenNotPinned));
}

TEST_F(AccountProofTest, TheTokenIsTheOneInTheArguments) {
  FakeToken third("tok-alice3", "alice");
  third.key = second_.key;
  in_.new_key = FakeAccountKey(third);
  in_.registration = second_.Registration();
  purpose_ = v1::PURPOSE_ENROL;
  command_ = FakeEnrolCommand(site_, second_);
  EXPECT_THAT(Verify({{&third, &site_.gw1}, Alice()}),
              HasReason(reason::kEnrolmentInvalid));
}

TEST_F(AccountProofTest, TheNewKeyProvesThatItIsThere) {
  second_.key = FakeKey("mallory");
  in_.new_key = FakeAccountKey(FakeToken("tok-alice2", "alice"));
  purpose_ = v1::PURPOSE_ENROL;
  command_ = FakeEnrolCommand(site_, second_);
  in_.registration = second_.Registration();
  EXPECT_THAT(Verify({Second(), Alice()}),
              HasReason(reason::kSignatureInvalid));
}

}  // namespace
}  // namespace u2fi::proof
