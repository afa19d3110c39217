#include "services/attestation/token_rows.h"

#include "gtest/gtest.h"
#include "services/common/crypto/p256.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::attestation {
namespace {

using records::v1::CounterRow;
using records::v1::TokenRow;
using State = fido::CredentialRecord::State;

class TokenRowsTest : public testing::Test {
 protected:
  TokenRowsTest() {
    token_.set_token_id("k1");
    token_.set_account("ann");
    token_.set_state(v1::TOKEN_STATE_ACTIVE);
    token_.set_credential_id("credential");
    token_.set_public_key(key_.Stored());
    token_.set_protocol(common::v1::TOKEN_PROTOCOL_U2F);
    token_.set_gateway("g1");
  }
  fido::CredentialRecord Record(bool pending = false) {
    return RecordOf(token_, key_, counter_, pending);
  }
  void Count(uint32_t value) {
    counter_.version = 1;
    counter_.row.set_counter(value);
  }

  const fido::CredentialKey key_{
      crypto::P256PrivateKey::Generate().public_key()};
  TokenRow token_;
  Stored<CounterRow> counter_;
};

TEST_F(TokenRowsTest, EachStateIsTheVerifiers) {
  EXPECT_EQ(Record().state, State::kActive);
  token_.set_state(v1::TOKEN_STATE_QUARANTINED);
  EXPECT_EQ(Record().state, State::kQuarantined);
  token_.set_state(v1::TOKEN_STATE_REVOKED);
  EXPECT_EQ(Record().state, State::kRevoked);
  token_.set_state(v1::TOKEN_STATE_SUSPENDED);
  EXPECT_EQ(Record().state, State::kSuspended);
}

// Deny by default.
TEST_F(TokenRowsTest, AStateThatNobodyKnowsIsNotActive) {
  token_.set_state(v1::TOKEN_STATE_UNSPECIFIED);
  EXPECT_EQ(Record().state, State::kSuspended);
  token_.set_state(static_cast<v1::TokenState>(99));
  EXPECT_EQ(Record().state, State::kSuspended);
}

TEST_F(TokenRowsTest, APendingTokenCountsAsActive) {
  EXPECT_EQ(Record(/*pending=*/true).state, State::kActive);
}

TEST_F(TokenRowsTest, NoCounterIsNotZero) {
  EXPECT_FALSE(Record().counter.has_value());
  Count(0);
  EXPECT_EQ(Record().counter, 0u);
}

TEST_F(TokenRowsTest, BackupEligibilityIsKnownOrNot) {
  EXPECT_FALSE(Record().backup_eligible.has_value());
  token_.set_backup_eligible(false);
  EXPECT_EQ(Record().backup_eligible, false);
}

TEST_F(TokenRowsTest, ACandidateTellsHowToAskIt) {
  Count(7);
  token_.set_level(1);
  const common::v1::Candidate candidate = CandidateOf(token_, counter_);
  EXPECT_EQ(candidate.token_id(), "k1");
  EXPECT_EQ(candidate.credential_id(), "credential");
  EXPECT_EQ(candidate.protocol(), common::v1::TOKEN_PROTOCOL_U2F);
  EXPECT_EQ(candidate.counter_floor(), 7u);
  EXPECT_EQ(candidate.level(), 1u);
  EXPECT_EQ(candidate.last_gateway(), "g1");
}

TEST_F(TokenRowsTest, TheLastPlaceIsThatOfTheLastUse) {
  Count(7);
  counter_.row.set_last_use_ms(60'000);
  counter_.row.set_gateway("g2");
  EXPECT_EQ(CandidateOf(token_, counter_).last_gateway(), "g2");
  // A browser.
  counter_.row.clear_gateway();
  EXPECT_EQ(CandidateOf(token_, counter_).last_gateway(), "");
}

TEST_F(TokenRowsTest, AViewTellsNoSecretAndNoCredentialId) {
  Count(7);
  const v1::Token view = ViewOf(token_, counter_);
  EXPECT_EQ(view.name(), "tokens/k1");
  EXPECT_EQ(view.algorithm(), -7);
  EXPECT_EQ(view.aaguid(), std::string(16, '\0'));
  EXPECT_EQ(view.credential_fingerprint().size(), 64u);
  EXPECT_EQ(view.SerializeAsString().find("credential"), std::string::npos);
}

TEST_F(TokenRowsTest, VerificationIsSeenAtRegistrationOrLater) {
  EXPECT_FALSE(ViewOf(token_, counter_).uv_capable());
  token_.set_uv_at_registration(true);
  EXPECT_TRUE(ViewOf(token_, counter_).uv_capable());
  token_.clear_uv_at_registration();
  counter_.row.set_user_verified(true);
  EXPECT_TRUE(ViewOf(token_, counter_).uv_capable());
}

TEST_F(TokenRowsTest, AKeyThatCannotBeReadHasNoAlgorithm) {
  token_.set_public_key("no key");
  EXPECT_EQ(ViewOf(token_, counter_).algorithm(), 0);
}

class TokenOfTest : public testing::Test {
 protected:
  fido::RegistrationRecord record_{
      "credential",
      fido::CredentialKey(crypto::P256PrivateKey::Generate().public_key())};
};

TEST_F(TokenOfTest, AU2fRegistrationHasNoModelOfItsOwn) {
  record_.is_u2f = true;
  const TokenRow token = TokenOf(record_);
  EXPECT_EQ(token.protocol(), common::v1::TOKEN_PROTOCOL_U2F);
  EXPECT_EQ(token.token_id(), TokenIdOf("credential"));
  EXPECT_EQ(token.aaguid(), "");
  EXPECT_FALSE(token.has_backup_eligible());
  EXPECT_EQ(token.public_key().size(), 65u);
}

TEST_F(TokenOfTest, AWebAuthnRegistrationIsSpokenToByCtap2) {
  record_.protocol = fido::Protocol::kWebAuthn;
  record_.evidence.aaguid = std::string(16, 'a');
  record_.evidence.format = "packed";
  record_.user_verified = true;
  const TokenRow token = TokenOf(record_);
  EXPECT_EQ(token.protocol(), common::v1::TOKEN_PROTOCOL_CTAP2);
  EXPECT_EQ(token.aaguid(), std::string(16, 'a'));
  EXPECT_EQ(token.format(), "packed");
  EXPECT_TRUE(token.uv_at_registration());
}

TEST_F(TokenOfTest, WhatABrowserMadeOverU2fIsSpokenToOverU2f) {
  record_.protocol = fido::Protocol::kWebAuthn;
  record_.is_u2f = true;
  EXPECT_EQ(TokenOf(record_).protocol(), common::v1::TOKEN_PROTOCOL_U2F);
}

TEST_F(TokenOfTest, EachTrustLevelHasItsName) {
  EXPECT_EQ(TokenOf(record_).trust(), v1::TRUST_LEVEL_NONE);
  record_.trust.level = fido::TrustLevel::kSelf;
  EXPECT_EQ(TokenOf(record_).trust(), v1::TRUST_LEVEL_SELF);
  record_.trust.level = fido::TrustLevel::kAttested;
  EXPECT_EQ(TokenOf(record_).trust(), v1::TRUST_LEVEL_ATTESTED);
  record_.trust.level = fido::TrustLevel::kModel;
  record_.trust.model_description = "Model A";
  EXPECT_EQ(TokenOf(record_).trust(), v1::TRUST_LEVEL_MODEL);
  EXPECT_EQ(TokenOf(record_).model_description(), "Model A");
}

TEST_F(TokenOfTest, FourFingerprintsAreKept) {
  for (char c = 'a'; c < 'g'; ++c) {
    record_.certificate_fingerprints.push_back(std::string(32, c));
  }
  const TokenRow token = TokenOf(record_);
  ASSERT_EQ(token.certificate_fingerprints_size(), 4);
  EXPECT_EQ(token.certificate_fingerprints(0).substr(0, 4), "6161");
}

}  // namespace
}  // namespace u2fi::attestation
