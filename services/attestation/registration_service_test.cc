// What a request must say, what is kept, and that a refusal is a verdict.
#include "services/attestation/registration_service.h"

#include "gmock/gmock.h"
#include "services/attestation/webauthn_test_case.h"

namespace u2fi::attestation {
namespace {

using common::v1::OUTCOME_ACCEPTED;
using common::v1::OUTCOME_REFUSED;
using ::testing::Contains;

class RegistrationServiceTest : public WebAuthnTestCase {
 protected:
  RegistrationServiceTest() : request_(Registration(token_)) {}

  absl::StatusOr<v1::VerifyRegistrationResponse> Verify() {
    return core_.registrations.Verify(request_);
  }
  void ExpectInvalid(const std::string& field) {
    const absl::Status status = Verify().status();
    EXPECT_THAT(status, HasReason(reason::kInvalidField));
    EXPECT_EQ(MetadataOf(status)["field"], field);
  }
  void ExpectRefused(const Reason& reason, const std::string& step) {
    ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse response,
                         Verify());
    EXPECT_EQ(response.verdict().outcome(), OUTCOME_REFUSED);
    EXPECT_EQ(response.verdict().reason(), reason.name);
    EXPECT_EQ(response.verdict().step(), step);
    EXPECT_EQ(response.token_id(), "");
  }

  v1::VerifyRegistrationRequest request_;
};

TEST_F(RegistrationServiceTest, AcceptedItTellsWhatTheCommandNeeds) {
  ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse response, Verify());
  EXPECT_EQ(response.verdict().outcome(), OUTCOME_ACCEPTED);
  EXPECT_EQ(response.token_id(), IdOf(token_));
  EXPECT_EQ(response.registration().credential_id(), token_.key_handle);
  EXPECT_EQ(response.candidate().token_id(), IdOf(token_));
  EXPECT_FALSE(response.candidate().has_counter_floor());
  EXPECT_EQ(response.trust(), v1::TRUST_LEVEL_NONE);
}

TEST_F(RegistrationServiceTest, AWebAuthnCounterIsTheFirstFloor) {
  fido::FakeWebAuthnToken token = Token("packed");
  token.counter = 41;
  request_ = RegistrationAt(Place::kPortal, token);
  EXPECT_EQ(Verify()->candidate().counter_floor(), 41u);
}

TEST_F(RegistrationServiceTest, TheSameAnswerGetsTheSameVerdict) {
  ASSERT_OK(Verify());
  EXPECT_EQ(Verify()->verdict().outcome(), OUTCOME_ACCEPTED);
}

TEST_F(RegistrationServiceTest, ARefusedAnswerStaysRefused) {
  request_.mutable_answer()->set_response(
      token_.Register("evil.test", request_.answer().client_data()));
  ExpectRefused(reason::kSignatureInvalid, "signature");
  ExpectRefused(reason::kSignatureInvalid, "signature");
  request_.mutable_answer()->set_response(
      token_.Register(kRpId, request_.answer().client_data()));
  ExpectRefused(reason::kChallengeReused, "");
}

TEST_F(RegistrationServiceTest, ARefusalIsAudited) {
  request_.mutable_answer()->set_response("");
  ExpectRefused(reason::kFormat, "reserved_byte");
  EXPECT_THAT(AuditRows(), Contains("REGISTRATION accounts/ann"));
}

TEST_F(RegistrationServiceTest, AfterTheDeadlineItIsRefused) {
  clock_.Advance(absl::Seconds(61));
  ExpectRefused(reason::kChallengeExpired, "");
}

TEST_F(RegistrationServiceTest, TheLabelIsBounded) {
  request_.set_label(std::string(65, 'x'));
  ExpectInvalid("label");
}

TEST_F(RegistrationServiceTest, ALeaseSiteIsAnId) {
  request_.set_lease_site("S 1");
  ExpectInvalid("lease_site");
}

TEST_F(RegistrationServiceTest, ATokenForLeasesRecoversNothing) {
  request_.set_lease_site("s1");
  request_.set_recovery(true);
  ExpectInvalid("recovery");
}

TEST_F(RegistrationServiceTest, TheFormIsKnown) {
  request_.mutable_answer()->clear_form();
  ExpectInvalid("answer.form");
  request_.mutable_answer()->set_form(
      static_cast<common::v1::RegistrationForm>(9));
  ExpectInvalid("answer.form");
}

TEST_F(RegistrationServiceTest, OnlyABrowserGivesARawId) {
  request_.mutable_answer()->set_raw_id("id");
  ExpectInvalid("answer.raw_id");
}

TEST_F(RegistrationServiceTest, OnlyABrowserGivesTransports) {
  request_.mutable_answer()->add_transports("usb");
  ExpectInvalid("answer.raw_id");
}

TEST_F(RegistrationServiceTest, ABrowserGivesNoTimeOfTouch) {
  request_ = RegistrationAt(Place::kPortal, Token("none"));
  request_.mutable_answer()->set_touched_at_ms(1);
  ExpectInvalid("answer.touched_at_ms");
}

TEST_F(RegistrationServiceTest, TransportsAreBounded) {
  request_ = RegistrationAt(Place::kPortal, Token("none"));
  for (int i = 0; i < 9; ++i) request_.mutable_answer()->add_transports("usb");
  ExpectInvalid("answer.transports");
  request_.mutable_answer()->clear_transports();
  request_.mutable_answer()->add_transports(std::string(33, 'u'));
  ExpectInvalid("answer.transports");
}

TEST_F(RegistrationServiceTest, TheTenantIsThatOfTheStatement) {
  request_.set_tenant("t2");
  ExpectInvalid("tenant");
}

TEST_F(RegistrationServiceTest, TheStatementIsThatOfARegistration) {
  ASSERT_OK(Enrol(other_token_));
  request_.set_statement(AskForTouch());
  ExpectInvalid("statement");
}

TEST_F(RegistrationServiceTest, AnEnrolmentsOwnTouchIsNoRegistration) {
  request_.set_statement(
      IssueFor(proof::v1::PURPOSE_ENROL, "command", IdOf(token_)));
  ExpectInvalid("statement");
}

TEST_F(RegistrationServiceTest, WhatIsNoStatementIsRefused) {
  request_.set_statement("no statement");
  EXPECT_THAT(Verify(), HasReason(reason::kStatementFormat));
}

TEST_F(RegistrationServiceTest, WithTheStoreAwayThereIsNoVerdict) {
  store_.SetAway(true);
  EXPECT_THAT(Verify(), HasReason(reason::kStoreUnavailable));
}

TEST_F(RegistrationServiceTest, WhatTheOwnerSaidIsKept) {
  request_.set_label("blue one");
  ASSERT_OK_AND_ASSIGN(const v1::VerifyRegistrationResponse verified, Verify());
  ASSERT_OK(core_.applier.Apply(ApplyOf(verified, token_)));
  const v1::Token token = TokenNamed(IdOf(token_));
  EXPECT_EQ(token.label(), "blue one");
  EXPECT_EQ(token.account(), "ann");
  EXPECT_EQ(token.last_gateway(), "g1");
  EXPECT_EQ(token.aaguid(), std::string(16, '\0'));
}

TEST_F(RegistrationServiceTest, ATrustedRootGivesTrust) {
  v1::UpdateEnrolmentPolicyRequest update;
  update.mutable_policy()->set_etag("0");
  update.mutable_policy()->add_anchors()->set_certificate(token_.Root().der());
  ASSERT_OK(core_.policy.Update(rpc::TestCaller("operator/t1/olga"), update));
  EXPECT_EQ(Verify()->trust(), v1::TRUST_LEVEL_ATTESTED);
}

}  // namespace
}  // namespace u2fi::attestation
