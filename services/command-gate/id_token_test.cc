#include "services/command-gate/id_token.h"

#include <set>

#include "gmock/gmock.h"
#include "services/command-gate/fake_issuer.h"
#include "services/common/fido/steps.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

using nlohmann::json;

// Steps that a test has made fail, for the last test.
std::set<std::string>& Failed() {
  static auto* const failed = new std::set<std::string>;
  return *failed;
}

class IdTokenTest : public testing::Test {
 protected:
  static const FakeIssuer& issuer() {
    static const FakeIssuer* const issuer = new FakeIssuer;
    return *issuer;
  }

  absl::StatusOr<VerifiedIdToken> Verify(const std::string& token) {
    return VerifyIdToken(token, {issuer_name_, audience_, account_claim_, keys_,
                                 account_, now_});
  }
  void ExpectOk() { EXPECT_OK(Verify(issuer().Token(claims_))); }
  // ID_TOKEN_INVALID at exactly this step.
  void ExpectRefused(const std::string& token, const std::string& step) {
    const absl::Status status = Verify(token).status();
    EXPECT_THAT(status, HasReason(reason::kIdTokenInvalid));
    EXPECT_EQ(fido::StepOf(status), step) << status;
    Failed().insert(step);
  }
  void ExpectRefused(const std::string& step) {
    ExpectRefused(issuer().Token(claims_), step);
  }
  void ExpectHeaderRefused(const json& header, const std::string& step) {
    ExpectRefused(issuer().Sign(header.dump(), claims_.dump()), step);
  }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  json claims_ = FakeIssuer::Claims(now_);
  json header_ = FakeIssuer::Header("ES256");
  std::string issuer_name_ = FakeIssuer::kIssuer;
  std::string audience_ = FakeIssuer::kAudience;
  std::string account_claim_ = "sub";
  std::string account_ = "ann";
  std::vector<JsonWebKey> keys_ = *ParseJsonWebKeys(issuer().Set().dump());
};

TEST_F(IdTokenTest, EachAlgorithmSignsIn) {
  for (const char* alg : {"ES256", "RS256", "EdDSA"}) {
    ASSERT_OK_AND_ASSIGN(const VerifiedIdToken token,
                         Verify(issuer().Token(claims_, alg)));
    EXPECT_EQ(token.subject(), "ann") << alg;
    EXPECT_EQ(token.expire_time(), now_ + absl::Hours(1));
  }
}

TEST_F(IdTokenTest, NoTokenIsRefused) { ExpectRefused("", "size"); }

TEST_F(IdTokenTest, ATokenOverItsBoundIsRefused) {
  claims_["more"] = std::string(kMaxIdToken, 'x');
  ExpectRefused("size");
}

TEST_F(IdTokenTest, FourPartsAreRefused) {
  ExpectRefused(issuer().Token(claims_) + ".", "form");
}

TEST_F(IdTokenTest, TwoPartsAreRefused) { ExpectRefused("e30.e30", "form"); }

TEST_F(IdTokenTest, PaddingIsRefused) {
  ExpectRefused("e30=.e30.AAAA", "form");
}

TEST_F(IdTokenTest, AHeaderThatIsNoJsonIsRefused) {
  ExpectRefused(issuer().Sign("alg", claims_.dump()), "header");
}

TEST_F(IdTokenTest, AnAlgorithmTwiceIsRefused) {
  ExpectRefused(
      issuer().Sign(R"({"alg":"none","alg":"ES256"})", claims_.dump()),
      "header");
}

TEST_F(IdTokenTest, NoneIsRefused) {
  header_["alg"] = "none";
  ExpectHeaderRefused(header_, "header");
}

TEST_F(IdTokenTest, OtherAlgorithmsAreRefused) {
  for (const char* alg : {"HS256", "RS512", "PS256", "ES384", "es256", ""}) {
    header_["alg"] = alg;
    ExpectHeaderRefused(header_, "header");
  }
  header_.erase("alg");
  ExpectHeaderRefused(header_, "header");
}

TEST_F(IdTokenTest, WhatMustBeUnderstoodIsRefused) {
  header_["crit"] = {"b64"};
  ExpectHeaderRefused(header_, "header");
}

TEST_F(IdTokenTest, AnotherTypeIsRefused) {
  header_["typ"] = "at+jwt";
  ExpectHeaderRefused(header_, "header");
  header_.erase("typ");
  EXPECT_OK(Verify(issuer().Sign(header_.dump(), claims_.dump())));
}

TEST_F(IdTokenTest, AnUnknownKidIsRefused) {
  header_["kid"] = "other";
  ExpectHeaderRefused(header_, "key");
}

TEST_F(IdTokenTest, AKidThatIsNoTextIsRefused) {
  keys_.resize(1, keys_[0]);
  header_["kid"] = 7;
  ExpectHeaderRefused(header_, "key");
}

TEST_F(IdTokenTest, WithoutAKidOneKeyMustBeAlone) {
  header_.erase("kid");
  ExpectHeaderRefused(header_, "key");
  keys_.resize(1, keys_[0]);
  EXPECT_OK(Verify(issuer().Sign(header_.dump(), claims_.dump())));
}

TEST_F(IdTokenTest, AKeyVerifiesItsOwnAlgorithmOnly) {
  header_["kid"] = "RS256";
  ExpectHeaderRefused(header_, "key");
}

TEST_F(IdTokenTest, AKeyInTheHeaderIsIgnored) {
  const FakeIssuer forger;
  json header = FakeIssuer::Header("ES256");
  header["jwk"] = forger.Jwk("ES256");
  ExpectRefused(forger.Sign(header.dump(), claims_.dump()), "signature");
}

TEST_F(IdTokenTest, AnotherIssuersSignatureIsRefused) {
  for (const char* alg : {"ES256", "RS256", "EdDSA"}) {
    ExpectRefused(FakeIssuer().Token(claims_, alg), "signature");
  }
}

TEST_F(IdTokenTest, ASignatureInDerIsRefused) {
  const std::string token = issuer().Token(claims_);
  const std::string input = token.substr(0, token.rfind('.'));
  ExpectRefused(input + "." + crypto::Base64Url(std::string(70, '0')),
                "signature");
}

TEST_F(IdTokenTest, NoSignatureIsRefused) {
  const std::string token = issuer().Token(claims_);
  ExpectRefused(token.substr(0, token.rfind('.') + 1), "signature");
}

TEST_F(IdTokenTest, ClaimsOfAnotherTokenAreRefused) {
  const std::string token = issuer().Token(claims_);
  claims_["sub"] = "eve";
  const std::string other = issuer().Token(claims_);
  ExpectRefused(
      other.substr(0, other.rfind('.')) + token.substr(token.rfind('.')),
      "signature");
}

TEST_F(IdTokenTest, ClaimsThatAreNoStrictJsonAreRefused) {
  ExpectRefused(issuer().Sign(header_.dump(), "[]"), "claims");
  ExpectRefused(issuer().Sign(header_.dump(), R"({"sub":"a","sub":"b"})"),
                "claims");
}

TEST_F(IdTokenTest, AnotherIssuerIsRefused) {
  claims_["iss"] = std::string(FakeIssuer::kIssuer) + "/";
  ExpectRefused("issuer");
  claims_.erase("iss");
  ExpectRefused("issuer");
}

TEST_F(IdTokenTest, AnotherAudienceIsRefused) {
  claims_["aud"] = "other";
  ExpectRefused("audience");
  claims_["aud"] = json::array();
  ExpectRefused("audience");
  claims_.erase("aud");
  ExpectRefused("audience");
}

TEST_F(IdTokenTest, OneOfSeveralAudiencesNeedsThePartyToBeOurs) {
  claims_["aud"] = {"other", FakeIssuer::kAudience};
  ExpectRefused("audience");
  claims_["azp"] = FakeIssuer::kAudience;
  ExpectOk();
  claims_["azp"] = "other";
  ExpectRefused("audience");
}

TEST_F(IdTokenTest, ATokenMadeForAnotherPartyIsRefused) {
  claims_["azp"] = "other";
  ExpectRefused("audience");
}

TEST_F(IdTokenTest, ItEndsThirtySecondsAfterItsExpiry) {
  claims_["exp"] = absl::ToUnixSeconds(now_ - kIdTokenSkew) + 1;
  ExpectOk();
  claims_["exp"] = absl::ToUnixSeconds(now_ - kIdTokenSkew);
  ExpectRefused("expiry");
}

TEST_F(IdTokenTest, AnExpiryThatIsNoTimeIsRefused) {
  for (const json& exp : {json("1800000000"), json(-1), json(1e300), json()}) {
    claims_["exp"] = exp;
    ExpectRefused("expiry");
  }
  claims_.erase("exp");
  ExpectRefused("expiry");
}

TEST_F(IdTokenTest, ItBeginsThirtySecondsBeforeItSays) {
  for (const char* claim : {"nbf", "iat"}) {
    claims_ = FakeIssuer::Claims(now_);
    claims_[claim] = absl::ToUnixSeconds(now_ + kIdTokenSkew);
    ExpectOk();
    claims_[claim] = absl::ToUnixSeconds(now_ + kIdTokenSkew) + 1;
    ExpectRefused("not_before");
    claims_[claim] = "soon";
    ExpectRefused("not_before");
    claims_.erase(claim);
    ExpectOk();
  }
}

TEST_F(IdTokenTest, ASubjectIsRequired) {
  account_claim_ = "account";
  claims_["account"] = "ann";
  for (const json& sub : {json(""), json(7), json(std::string(256, 's'))}) {
    claims_["sub"] = sub;
    ExpectRefused("subject");
  }
  claims_.erase("sub");
  ExpectRefused("subject");
}

TEST_F(IdTokenTest, AnotherAccountIsRefused) {
  account_ = "bob";
  ExpectRefused("account");
}

TEST_F(IdTokenTest, TheAccountMayBeAnotherClaim) {
  account_claim_ = "u2fi_account";
  ExpectRefused("account");
  claims_["u2fi_account"] = "ann";
  claims_["sub"] = "0815";
  ExpectOk();
}

TEST_F(IdTokenTest, NoAccountIsNobodysAccount) {
  account_claim_ = "missing";
  account_ = "";
  ExpectRefused("account");
}

TEST_F(IdTokenTest, ZZEachStepHasItsFailingTest) {
  for (const std::string& step : IdTokenStepNames()) {
    EXPECT_EQ(Failed().count(step), 1u) << step;
  }
}

}  // namespace
}  // namespace u2fi::command_gate
