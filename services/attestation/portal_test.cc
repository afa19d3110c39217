// A whole life of an account in the portal, with keys that speak WebAuthn.
#include "gmock/gmock.h"
#include "services/attestation/webauthn_test_case.h"

namespace u2fi::attestation {
namespace {

using common::v1::OUTCOME_ACCEPTED;

class PortalTest : public WebAuthnTestCase {
 protected:
  PortalTest() { second_.credential_id = "the second"; }
  void SetUp() override { ASSERT_OK(EnrolAt(Place::kPortal, first_)); }

  // The touch of `token` in the portal over a command's bytes.
  proof::v1::Approval TouchInPortal(proof::v1::Purpose purpose,
                                    const std::string& command,
                                    const fido::FakeWebAuthnToken& token) {
    proof::v1::AuthorizationStatement asked =
        TemplateAt(Place::kPortal, purpose);
    asked.set_batch_root(crypto::ToString(proof::Leaf(command)));
    asked.set_batch_size(1);
    common::v1::Candidate candidate;
    candidate.set_token_id(TokenIdOf(token.credential_id));
    const std::string bytes = Issue(asked, {candidate});
    return proof::ToApproval(bytes, AnswerAt(Place::kPortal, token, bytes, 50));
  }
  absl::StatusOr<v1::ApplyResponse> EnrolSecondInPortal(bool approved) {
    const auto verified =
        core_.registrations.Verify(RegistrationAt(Place::kPortal, second_));
    if (!verified.ok()) return verified.status();
    v1::ApplyRequest apply = ApplyAt(Place::kPortal, *verified, second_, 'b');
    if (approved) {
      *apply.add_approvals() = TouchInPortal(proof::v1::PURPOSE_ENROL,
                                             apply.items(0).command(), first_);
    }
    return core_.applier.Apply(apply);
  }
  absl::StatusOr<v1::ApplyResponse> Act(const std::string& what,
                                        const fido::FakeWebAuthnToken& on,
                                        const fido::FakeWebAuthnToken& by,
                                        char request) {
    v1::ApplyRequest apply =
        TokenAct(what, TokenIdOf(on.credential_id), {}, request);
    *apply.add_approvals() =
        TouchInPortal(proof::v1::PURPOSE_TOKEN, apply.items(0).command(), by);
    return core_.applier.Apply(apply);
  }
  v1::TokenState State(const fido::FakeWebAuthnToken& token) {
    return TokenNamed(TokenIdOf(token.credential_id)).state();
  }

  fido::FakeWebAuthnToken first_ = Token("packed");
  // Another kind of key: the two share nothing.
  fido::FakeWebAuthnToken second_ = Token("none", fido::kAlgorithmCases[2]);
};

TEST_F(PortalTest, ASecondKeyNeedsTheFirst) {
  EXPECT_THAT(EnrolSecondInPortal(false), HasReason(reason::kRuleNotSatisfied));
  EXPECT_OK(EnrolSecondInPortal(true));
  EXPECT_EQ(State(second_), v1::TOKEN_STATE_ACTIVE);
}

TEST_F(PortalTest, KeysThatAreNoPointsApproveToo) {
  ASSERT_OK(EnrolSecondInPortal(true));
  ASSERT_OK(Act("suspend", first_, second_, 'c'));
  EXPECT_EQ(State(first_), v1::TOKEN_STATE_SUSPENDED);
  ASSERT_OK(Act("resume", first_, second_, 'd'));
  EXPECT_EQ(State(first_), v1::TOKEN_STATE_ACTIVE);
  ASSERT_OK(Act("revoke", first_, second_, 'e'));
  EXPECT_EQ(State(first_), v1::TOKEN_STATE_REVOKED);
}

TEST_F(PortalTest, TheLastOneRevokesNotItself) {
  EXPECT_THAT(Act("revoke", first_, first_, 'c'),
              HasReason(reason::kRuleNotSatisfied));
}

TEST_F(PortalTest, ASuspendedKeyIsRefusedInThePortal) {
  ASSERT_OK(EnrolSecondInPortal(true));
  const std::string asked = AskAt(Place::kPortal);
  ASSERT_OK(Act("suspend", first_, second_, 'c'));
  const auto response = core_.assertions.Verify(AssertionAt(
      Place::kPortal, asked, AnswerAt(Place::kPortal, first_, asked, 60)));
  EXPECT_EQ(response->verdict().reason(), reason::kCredentialRevoked.name);
}

TEST_F(PortalTest, AnotherAccountsKeyIsRefused) {
  proof::v1::AuthorizationStatement asked =
      TemplateAt(Place::kPortal, proof::v1::PURPOSE_COMMAND);
  asked.set_account("bob");
  asked.set_site("s1");
  asked.set_batch_root(std::string(32, 'r'));
  asked.set_batch_size(1);
  common::v1::Candidate candidate;
  candidate.set_token_id(TokenIdOf(first_.credential_id));
  const std::string bytes = Issue(asked, {candidate});
  const auto response = core_.assertions.Verify(AssertionAt(
      Place::kPortal, bytes, AnswerAt(Place::kPortal, first_, bytes, 60)));
  EXPECT_EQ(response->verdict().reason(), reason::kUserMismatch.name);
}

// CVE-2026-46419: a list without candidates must never mean any.
TEST_F(PortalTest, AKeyThatWasNotAskedForIsRefused) {
  ASSERT_OK(EnrolSecondInPortal(true));
  proof::v1::AuthorizationStatement asked =
      TemplateAt(Place::kPortal, proof::v1::PURPOSE_COMMAND);
  asked.set_site("s1");
  asked.set_batch_root(std::string(32, 'r'));
  asked.set_batch_size(1);
  common::v1::Candidate candidate;
  candidate.set_token_id(TokenIdOf(first_.credential_id));
  const std::string bytes = Issue(asked, {candidate});
  const auto response = core_.assertions.Verify(AssertionAt(
      Place::kPortal, bytes, AnswerAt(Place::kPortal, second_, bytes, 60)));
  EXPECT_EQ(response->verdict().reason(), reason::kCredentialNotOffered.name);
}

TEST_F(PortalTest, BackupFlagsMayNotAppearLater) {
  const std::string asked = AskAt(Place::kPortal);
  const auto flags = fido::flag::kUserPresent | fido::flag::kBackupEligible;
  const auto response = core_.assertions.Verify(
      AssertionAt(Place::kPortal, asked,
                  AnswerAt(Place::kPortal, first_, asked, 60, flags)));
  EXPECT_EQ(response->verdict().reason(), reason::kBackupFlagsInvalid.name);
}

TEST_F(PortalTest, TheSignatureOfAnotherKeyIsRefused) {
  const std::string asked = AskAt(Place::kPortal);
  proof::v1::Answer answer = AnswerAt(Place::kPortal, first_, asked, 60);
  answer.set_signature(
      AnswerAt(Place::kPortal, second_, asked, 60).signature());
  const auto response =
      core_.assertions.Verify(AssertionAt(Place::kPortal, asked, answer));
  EXPECT_EQ(response->verdict().reason(), reason::kSignatureInvalid.name);
}

TEST_F(PortalTest, ALabelIsGivenAtRegistration) {
  v1::VerifyRegistrationRequest request =
      RegistrationAt(Place::kPortal, second_);
  request.set_label("\xc3\xa4 key");
  const auto verified = core_.registrations.Verify(request);
  EXPECT_EQ(verified->verdict().outcome(), OUTCOME_ACCEPTED);
}

}  // namespace
}  // namespace u2fi::attestation
