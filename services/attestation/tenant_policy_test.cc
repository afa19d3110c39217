#include "services/attestation/tenant_policy.h"

#include <functional>

#include "gmock/gmock.h"
#include "services/attestation/webauthn_test_case.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::attestation {
namespace {

using common::v1::OUTCOME_ACCEPTED;
using common::v1::OUTCOME_REFUSED;
using ::testing::HasSubstr;

class TenantPolicyTest : public WebAuthnTestCase {
 protected:
  v1::EnrolmentPolicy Policy() {
    return core_.policy.Get(caller_, {})->policy();
  }
  absl::StatusOr<v1::UpdateEnrolmentPolicyResponse> Update(
      const std::function<void(v1::EnrolmentPolicy&)>& edit,
      bool validate_only = false) {
    v1::UpdateEnrolmentPolicyRequest request;
    *request.mutable_policy() = Policy();
    edit(*request.mutable_policy());
    request.set_validate_only(validate_only);
    return core_.policy.Update(caller_, request);
  }
  void ExpectInvalid(const std::string& field,
                     const std::function<void(v1::EnrolmentPolicy&)>& edit) {
    const absl::Status status = Update(edit).status();
    EXPECT_THAT(status, HasReason(reason::kInvalidField)) << field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  }
  // What comes of a registration in the portal: "" or the reason.
  std::string Verdict(const fido::FakeWebAuthnToken& token) {
    const auto verified =
        core_.registrations.Verify(RegistrationAt(Place::kPortal, token));
    EXPECT_OK(verified);
    return verified->verdict().reason();
  }
  void AddRoot(v1::EnrolmentPolicy& policy, const crypto::Certificate& root,
               const std::string& format = "") {
    v1::TrustAnchor& anchor = *policy.add_anchors();
    anchor.set_certificate(root.der());
    if (!format.empty()) anchor.add_formats(format);
  }

  rpc::Caller caller_ = rpc::TestCaller("operator/t1/olga");
};

TEST_F(TenantPolicyTest, WithoutARecordEverythingIsLetIn) {
  EXPECT_EQ(Policy().name(), "enrolmentPolicy");
  EXPECT_EQ(Policy().etag(), "0");
  EXPECT_EQ(Verdict(Token("none")), "");
}

TEST_F(TenantPolicyTest, AChangeIsKeptAndAudited) {
  ASSERT_OK(Update([](auto& p) { p.set_tokens_per_account(3); }));
  EXPECT_EQ(Policy().tokens_per_account(), 3u);
  EXPECT_EQ(Policy().etag(), "1");
  EXPECT_EQ(AuditRows().back(), "ADMIN tenants/t1");
}

TEST_F(TenantPolicyTest, ValidateOnlyChangesNothing) {
  ASSERT_OK(Update([](auto& p) { p.set_tokens_per_account(3); }, true));
  EXPECT_EQ(Policy().etag(), "0");
}

TEST_F(TenantPolicyTest, AnOldEtagIsRefused) {
  ASSERT_OK(Update([](auto& p) { p.set_tokens_per_account(3); }));
  EXPECT_THAT(Update([](auto& p) { p.set_etag("0"); }),
              HasReason(reason::kEtagMismatch));
}

TEST_F(TenantPolicyTest, AChangeInBetweenIsAnEtagMismatch) {
  v1::UpdateEnrolmentPolicyRequest faster;
  faster.mutable_policy()->set_etag("0");
  faster.mutable_policy()->set_recovery_wait_s(7200);
  store_.BeforeNextCommit(
      [&] { ASSERT_OK(other_replica_.policy.Update(caller_, faster)); });
  EXPECT_THAT(Update([](auto& p) { p.set_tokens_per_account(3); }),
              HasReason(reason::kEtagMismatch));
  EXPECT_EQ(Policy().recovery_wait_s(), 7200u);
}

TEST_F(TenantPolicyTest, EachTenantHasItsOwn) {
  ASSERT_OK(Update([](auto& p) { p.set_tokens_per_account(3); }));
  v1::GetEnrolmentPolicyRequest request;
  const rpc::Caller other = rpc::TestCaller("operator/t2/otto");
  EXPECT_EQ(core_.policy.Get(other, request)->policy().etag(), "0");
  request.set_tenant("t1");
  EXPECT_THAT(core_.policy.Get(other, request),
              HasReason(reason::kTenantMismatch));
  v1::UpdateEnrolmentPolicyRequest update;
  update.set_tenant("t1");
  EXPECT_THAT(core_.policy.Update(other, update),
              HasReason(reason::kTenantMismatch));
}

TEST_F(TenantPolicyTest, EveryFieldHasItsBounds) {
  ExpectInvalid("least_trust", [](auto& p) {
    p.set_least_trust(static_cast<v1::TrustLevel>(9));
  });
  ExpectInvalid("allowed_aaguids", [](auto& p) { p.add_allowed_aaguids("a"); });
  ExpectInvalid("denied_aaguids",
                [](auto& p) { p.add_denied_aaguids(std::string(32, 'A')); });
  ExpectInvalid("allowed_key_ids",
                [](auto& p) { p.add_allowed_key_ids(std::string(39, 'a')); });
  ExpectInvalid("denied_key_ids",
                [](auto& p) { p.add_denied_key_ids(std::string(40, 'x')); });
  ExpectInvalid("algorithms", [](auto& p) { p.add_algorithms(-36); });
  ExpectInvalid("tokens_per_account",
                [](auto& p) { p.set_tokens_per_account(17); });
  ExpectInvalid("recovery_wait_s",
                [](auto& p) { p.set_recovery_wait_s(3599); });
}

TEST_F(TenantPolicyTest, ListsHaveTheirBounds) {
  const std::string aaguid(32, 'a');
  ExpectInvalid("denied_aaguids", [&](auto& p) {
    for (int i = 0; i < 1001; ++i) p.add_denied_aaguids(aaguid);
  });
  ExpectInvalid("algorithms", [](auto& p) {
    for (int i = 0; i < 17; ++i) p.add_algorithms(-7);
  });
  const crypto::Certificate root = Token("packed").Root();
  ExpectInvalid("anchors", [&](auto& p) {
    for (int i = 0; i < 101; ++i) AddRoot(p, root);
  });
}

TEST_F(TenantPolicyTest, AnchorsAreChecked) {
  ExpectInvalid("anchors",
                [](auto& p) { p.add_anchors()->set_certificate("no DER"); });
  const crypto::Certificate root = Token("packed").Root();
  ExpectInvalid("formats", [&](auto& p) { AddRoot(p, root, "packet"); });
}

TEST_F(TenantPolicyTest, TheLeastTrustIsAskedFor) {
  const fido::FakeWebAuthnToken token = Token("packed");
  ASSERT_OK(
      Update([](auto& p) { p.set_least_trust(v1::TRUST_LEVEL_ATTESTED); }));
  EXPECT_EQ(Verdict(token), reason::kAttestationUntrusted.name);
  ASSERT_OK(Update([&](auto& p) { AddRoot(p, token.Root()); }));
  EXPECT_EQ(Verdict(token), "");
}

TEST_F(TenantPolicyTest, AnAnchorCountsForItsFormatsOnly) {
  const fido::FakeWebAuthnToken token = Token("packed");
  ASSERT_OK(Update([&](auto& p) {
    p.set_least_trust(v1::TRUST_LEVEL_ATTESTED);
    AddRoot(p, token.Root(), "tpm");
  }));
  EXPECT_EQ(Verdict(token), reason::kAttestationUntrusted.name);
}

TEST_F(TenantPolicyTest, SelfAttestationIsMoreThanNone) {
  ASSERT_OK(Update([](auto& p) { p.set_least_trust(v1::TRUST_LEVEL_SELF); }));
  EXPECT_EQ(Verdict(Token("none")), reason::kAttestationUntrusted.name);
  fido::FakeWebAuthnToken token = Token("packed");
  token.is_self = true;
  EXPECT_EQ(Verdict(token), "");
}

// fido.md 1.3, 19: an AAGUID that nothing proves lets nobody in.
TEST_F(TenantPolicyTest, AnAllowedModelHasToBeProved) {
  const fido::FakeWebAuthnToken token = Token("packed");
  const std::string aaguid = crypto::Hex(token.aaguid);
  ASSERT_OK(Update([&](auto& p) { p.add_allowed_aaguids(aaguid); }));
  EXPECT_EQ(Verdict(token), reason::kModelNotAllowed.name);
  ASSERT_OK(Update([&](auto& p) { AddRoot(p, token.Root()); }));
  EXPECT_EQ(Verdict(token), "");
}

TEST_F(TenantPolicyTest, ADeniedModelIsRefusedProvedOrNot) {
  const fido::FakeWebAuthnToken token = Token("packed");
  ASSERT_OK(Update(
      [&](auto& p) { p.add_denied_aaguids(crypto::Hex(token.aaguid)); }));
  EXPECT_EQ(Verdict(token), reason::kModelNotAllowed.name);
}

TEST_F(TenantPolicyTest, U2fModelsAreNamedByTheirAttestationKey) {
  ASSERT_OK(Enrol(token_));
  const std::string key_id = TokenNamed(IdOf(token_)).attestation_key_id();
  ASSERT_OK(Update([&](auto& p) { p.add_denied_key_ids(key_id); }));
  fido::FakeU2fToken twin = token_;
  twin.key = crypto::P256PrivateKey::Generate();
  twin.public_key = twin.key.public_key().point();
  twin.key_handle = "twin";
  EXPECT_EQ(core_.registrations.Verify(Registration(twin))->verdict().reason(),
            reason::kModelNotAllowed.name);
}

TEST_F(TenantPolicyTest, OnlyTheAlgorithmsInTheListAreLetIn) {
  ASSERT_OK(Update([](auto& p) { p.add_algorithms(-8); }));
  EXPECT_EQ(Verdict(Token("none")), reason::kAlgNotAllowed.name);
  EXPECT_EQ(Verdict(Token("none", fido::kAlgorithmCases[2])), "");
  EXPECT_EQ(
      core_.registrations.Verify(Registration(token_))->verdict().reason(),
      reason::kAlgNotAllowed.name);
}

TEST_F(TenantPolicyTest, AnAccountHasAsManyTokensAsItMay) {
  ASSERT_OK(Enrol(token_));
  ASSERT_OK(Update([](auto& p) { p.set_tokens_per_account(1); }));
  EXPECT_EQ(core_.registrations.Verify(Registration(other_token_))
                ->verdict()
                .reason(),
            reason::kCredentialLimit.name);
}

// The limit that holds is the one at the end.
TEST_F(TenantPolicyTest, TheLimitIsAskedForAgainWhenTheTokenIsBound) {
  ASSERT_OK(Enrol(token_));
  ASSERT_OK_AND_ASSIGN(const auto verified,
                       core_.registrations.Verify(Registration(other_token_)));
  ASSERT_OK(Update([](auto& p) { p.set_tokens_per_account(1); }));
  v1::ApplyRequest apply = ApplyOf(verified, other_token_, 'b');
  *apply.add_approvals() = EnrolApproval(token_, apply.items(0).command(), 20);
  EXPECT_THAT(core_.applier.Apply(apply), HasReason(reason::kCredentialLimit));
}

TEST_F(TenantPolicyTest, RevokedTokensDoNotCount) {
  ASSERT_OK(Enrol(token_));
  ASSERT_OK(EnrolSecond(token_, other_token_));
  ASSERT_OK(Update([](auto& p) { p.set_tokens_per_account(2); }));
  v1::RevokeTokenRequest revoke;
  revoke.set_name("tokens/" + IdOf(other_token_));
  ASSERT_OK(core_.admin.Revoke(caller_, revoke));
  EXPECT_EQ(Verdict(Token("none")), "");
}

TEST_F(TenantPolicyTest, AnExpiredLeafCountsOnlyWhereItIsAllowed) {
  fido::FakeWebAuthnToken token = Token("packed");
  token.leaf_spec.not_after = token.leaf_spec.not_before + absl::Hours(1);
  ASSERT_OK(Update([&](auto& p) {
    p.set_least_trust(v1::TRUST_LEVEL_ATTESTED);
    AddRoot(p, token.Root());
  }));
  EXPECT_EQ(Verdict(token), reason::kAttestationUntrusted.name);
  ASSERT_OK(Update([](auto& p) { p.set_allow_expired_certificates(true); }));
  EXPECT_EQ(Verdict(token), "");
}

TEST_F(TenantPolicyTest, TheRecoveryWaitsAsLongAsTheTenantSays) {
  EXPECT_EQ(core_.policy.RulesOf("t1")->recovery_wait, absl::Hours(24));
  ASSERT_OK(Update([](auto& p) { p.set_recovery_wait_s(7200); }));
  EXPECT_EQ(core_.policy.RulesOf("t1")->recovery_wait, absl::Hours(2));
}

}  // namespace
}  // namespace u2fi::attestation
