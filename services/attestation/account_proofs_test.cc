#include "services/attestation/account_proofs.h"

#include "gmock/gmock.h"
#include "services/attestation/webauthn_test_case.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class AccountProofsTest : public WebAuthnTestCase {
 protected:
  void SetUp() override {
    ASSERT_OK(Enrol(token_));
    ASSERT_OK(EnrolSecond(token_, other_token_));
    request_ = TokenAct("suspend", IdOf(token_), {other_token_}, 'd');
    ASSERT_OK_AND_ASSIGN(account_, core_.tokens.ReadAccount("t1", "ann"));
  }
  struct Act Act() {
    struct Act act {
      request_, request_.items(0), {}, "ann"
    };
    act.command = *proof::ParseCommand(request_.items(0).command());
    return act;
  }
  absl::StatusOr<proof::VerifiedAccountCommand> Verify() {
    const struct Act act = Act();
    return VerifyAct(act, InputsFor(act, account_, core_.party, clock_),
                     core_.party);
  }
  // The same touch, taken in a portal.
  void ApproveIn(const std::string& portal) {
    proof::v1::AuthorizationStatement asked =
        TemplateAt(Place::kPortal, proof::v1::PURPOSE_TOKEN);
    asked.set_channel_key(crypto::ToString(proof::BrowserChannelKey(portal)));
    asked.set_batch_root(
        crypto::ToString(proof::Leaf(request_.items(0).command())));
    asked.set_batch_size(1);
    common::v1::Candidate candidate;
    candidate.set_token_id(IdOf(other_token_));
    const std::string bytes = Issue(asked, {candidate});
    proof::v1::Answer answer =
        AnswerAt(Place::kPortal, other_token_, bytes, 30);
    answer.set_client_data(
        WebAuthnData(proof::kWebauthnAssertion, bytes, portal));
    answer.set_signature(
        other_token_.Sign(answer.authenticator_data(), answer.client_data()));
    *request_.mutable_approvals(0) = proof::ToApproval(bytes, answer);
  }

  v1::ApplyRequest request_;
  AccountView account_;
};

TEST_F(AccountProofsTest, ARightProofSaysWhoApproved) {
  ASSERT_OK_AND_ASSIGN(const proof::VerifiedAccountCommand verified, Verify());
  EXPECT_THAT(verified.tokens(), testing::ElementsAre(IdOf(other_token_)));
  EXPECT_EQ(verified.purpose(), proof::v1::PURPOSE_TOKEN);
  EXPECT_EQ(verified.account(), "ann");
}

TEST_F(AccountProofsTest, OneOfTheDeploymentsPortalsWillDo) {
  ApproveIn(kPortal);
  EXPECT_OK(Verify());
}

TEST_F(AccountProofsTest, AnotherPortalWillNot) {
  ApproveIn("https://evil.test");
  EXPECT_THAT(Verify(), HasReason(reason::kBrowserNotAllowed));
}

TEST_F(AccountProofsTest, OnlyActiveTokensCount) {
  for (Stored<TokenRow>& token : account_.tokens) {
    if (token.row.token_id() == IdOf(other_token_)) {
      token.row.set_state(v1::TOKEN_STATE_SUSPENDED);
    }
  }
  EXPECT_THAT(InputsFor(Act(), account_, core_.party, clock_).keys, SizeIs(1));
  EXPECT_THAT(Verify(), HasReason(reason::kTokenNotPinned));
}

TEST_F(AccountProofsTest, AnotherRelyingPartysTouchIsRefused) {
  const RelyingParty other{"evil.test", {}};
  const struct Act act = Act();
  EXPECT_THAT(
      VerifyAct(act, InputsFor(act, account_, other, clock_), core_.party),
      HasReason(reason::kRpIdHashMismatch));
}

TEST_F(AccountProofsTest, TheTimeIsTheReplicas) {
  clock_.Advance(absl::Minutes(10));
  EXPECT_THAT(Verify(), HasReason(reason::kExecuteByPassed));
}

TEST_F(AccountProofsTest, AWrongSignatureIsRefused) {
  request_.mutable_approvals(0)->set_signature(
      other_token_.Sign("something", "else"));
  EXPECT_FALSE(Verify().ok());
}

TEST_F(AccountProofsTest, AnAlteredRelayIsRefused) {
  request_.mutable_approvals(0)->set_touched_at_ms(
      request_.approvals(0).touched_at_ms() + 1);
  EXPECT_THAT(Verify(), HasReason(reason::kRelayInvalid));
}

TEST_F(AccountProofsTest, TheChangeExpectsTheApproversAsTheyWere) {
  Change change;
  ExpectApprovers(account_, *Verify(), change);
  ASSERT_THAT(change.transition.expect, SizeIs(1));
  EXPECT_EQ(change.transition.expect[0].key, TokenKey(IdOf(other_token_)));
  EXPECT_EQ(change.transition.expect[0].version,
            account_.Find(IdOf(other_token_))->version);
}

TEST_F(AccountProofsTest, WhatIsWrittenAnywayIsNotExpectedTwice) {
  Change change;
  change.PutToken(*account_.Find(IdOf(other_token_)),
                  account_.Find(IdOf(other_token_))->row);
  ExpectApprovers(account_, *Verify(), change);
  EXPECT_THAT(change.transition.expect, SizeIs(1));
}

TEST_F(AccountProofsTest, AnAppliedCommandIsRememberedForFortyDays) {
  Change change;
  RememberApplied(Act(), clock_, "tokens/k1", change);
  ASSERT_THAT(change.transition.put, SizeIs(1));
  EXPECT_EQ(change.transition.put[0].value, "tokens/k1");
  EXPECT_EQ(change.transition.put[0].expire_hint,
            clock_.Now() + absl::Hours(24 * 40));
  EXPECT_EQ(change.transition.expect[0].version, u2fi::store::kAbsent);
}

TEST_F(AccountProofsTest, TheRowHoldsCommandAndTouches) {
  const audit::RowContent row = RowOf(Act(), account_.Find(IdOf(token_))->row);
  EXPECT_EQ(row.body.command(), request_.items(0).command());
  EXPECT_EQ(row.body.approvals_size(), 1);
  EXPECT_THAT(row.subjects, SizeIs(3));
}

class KeyOfTest : public testing::TestWithParam<fido::AlgorithmCase> {
 protected:
  // A token with this key, and a signature over `data` and a hash.
  proof::AccountKey Key() {
    const auto encoded = fido::cbor::Map(fido::CosePairsOf(key_, GetParam()));
    TokenRow token;
    token.set_token_id("k1");
    token.set_public_key(fido::CredentialKey::FromStored(encoded)->Stored());
    return KeyOf(token);
  }
  const fido::AlgorithmCase kind_ = GetParam();
  const crypto::TestKey& key_ = fido::TestKeyOf(kind_);
  const std::string signed_ = std::string(37, 'd') + std::string(32, 'h');
};

TEST_P(KeyOfTest, APointForP256AndACheckForTheRest) {
  const proof::AccountKey key = Key();
  if (kind_.algorithm == fido::CoseAlgorithm::kEs256) {
    EXPECT_THAT(key.point, SizeIs(65));
    EXPECT_FALSE(key.check);
    return;
  }
  EXPECT_THAT(key.point, IsEmpty());
  EXPECT_OK(key.check(signed_, key_.Sign(kind_.signature, signed_)));
  EXPECT_FALSE(key.check(signed_, key_.Sign(kind_.signature, "else")).ok());
  EXPECT_FALSE(key.check("short", key_.Sign(kind_.signature, "short")).ok());
}

INSTANTIATE_TEST_SUITE_P(Algorithms, KeyOfTest,
                         testing::ValuesIn(fido::kAlgorithmCases));

}  // namespace
}  // namespace u2fi::attestation
