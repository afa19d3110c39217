#include "services/common/proof/assertion.h"

#include "services/common/crypto/encoding.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::proof {
namespace {

const crypto::Digest kChallenge = crypto::Sha256("statement");

std::string AuthData(uint8_t flags, const std::string& more = "") {
  return std::string(32, 'h') + static_cast<char>(flags) +
         std::string("\0\1\2\3", 4) + more;
}

absl::StatusOr<AuthenticatorData> U2f(uint8_t flags) {
  return ReadAuthenticatorData(AuthData(flags), true, false);
}
absl::StatusOr<AuthenticatorData> Webauthn(uint8_t flags,
                                           const std::string& more = "") {
  static std::string bytes;  // The result has a view into it.
  bytes = AuthData(flags, more);
  return ReadAuthenticatorData(bytes, false, false);
}

TEST(AuthenticatorDataTest, IsTakenApart) {
  const std::string bytes = AuthData(0x01);
  ASSERT_OK_AND_ASSIGN(const AuthenticatorData data,
                       ReadAuthenticatorData(bytes, true, false));
  EXPECT_EQ(data.rp_id_hash, std::string(32, 'h'));
  EXPECT_EQ(data.flags, 0x01);
  EXPECT_EQ(data.counter, 0x00010203u);
  EXPECT_FALSE(data.user_verified);
}

TEST(AuthenticatorDataTest, U2fFlagsAreExactlyOne) {
  for (int flags = 0; flags < 256; ++flags) {
    EXPECT_EQ(U2f(static_cast<uint8_t>(flags)).ok(), flags == 1) << flags;
  }
  EXPECT_THAT(U2f(0x00), HasReason(reason::kUserPresence));
  EXPECT_THAT(U2f(0x05), HasReason(reason::kUserPresence));
}

TEST(AuthenticatorDataTest, PresenceOnlyMeansNoTouch) {
  EXPECT_OK(ReadAuthenticatorData(AuthData(0), true, true));
  EXPECT_OK(ReadAuthenticatorData(AuthData(0), false, true));
  EXPECT_FALSE(ReadAuthenticatorData(AuthData(1), true, true).ok());
  EXPECT_FALSE(ReadAuthenticatorData(AuthData(1), false, true).ok());
}

TEST(AuthenticatorDataTest, SizesAreExact) {
  EXPECT_THAT(ReadAuthenticatorData(AuthData(1).substr(1), true, false),
              HasReason(reason::kAuthdataMalformed));
  EXPECT_THAT(ReadAuthenticatorData(AuthData(1, "x"), true, false),
              HasReason(reason::kAuthdataMalformed));
  EXPECT_THAT(Webauthn(0x81, std::string(500, 'x')),
              HasReason(reason::kAuthdataMalformed));
}

TEST(AuthenticatorDataTest, WebauthnMayVerifyTheUser) {
  ASSERT_OK_AND_ASSIGN(AuthenticatorData data, Webauthn(0x05));
  EXPECT_TRUE(data.user_verified);
  ASSERT_OK_AND_ASSIGN(data, Webauthn(0x01));
  EXPECT_FALSE(data.user_verified);
}

TEST(AuthenticatorDataTest, WebauthnNeedsPresence) {
  EXPECT_THAT(Webauthn(0x04), HasReason(reason::kUserPresence));
}

TEST(AuthenticatorDataTest, ReservedAndAttestedBitsAreRefused) {
  for (const int flags : {0x03, 0x21, 0x41}) {
    EXPECT_THAT(Webauthn(static_cast<uint8_t>(flags)),
                HasReason(reason::kAuthdataMalformed));
  }
}

TEST(AuthenticatorDataTest, PhonesAreRefused) {
  for (const int flags : {0x09, 0x19, 0x11}) {
    EXPECT_THAT(Webauthn(static_cast<uint8_t>(flags)),
                HasReason(reason::kBackupNotAllowed));
  }
}

TEST(AuthenticatorDataTest, ExtensionsAreThereExactlyWithTheirFlag) {
  EXPECT_OK(Webauthn(0x81, "\xa0"));
  EXPECT_THAT(Webauthn(0x81), HasReason(reason::kAuthdataMalformed));
  EXPECT_THAT(Webauthn(0x01, "\xa0"), HasReason(reason::kAuthdataMalformed));
}

TEST(AssertionTest, TheSignatureCoversAuthenticatorDataAndClientDataHash) {
  EXPECT_EQ(SignedBytes("auth", "client"),
            "auth" + crypto::ToString(crypto::Sha256("client")));
}

class PlaceTest : public testing::Test {
 protected:
  absl::Status Check(const std::string& bytes) {
    ASSIGN_OR_RETURN(const ClientData data, ParseClientData(bytes));
    return CheckClientData(data, place_);
  }
  std::string U2fFrom(const GatewayOrigin& origin) {
    return U2fClientData(kU2fAssertion, kChallenge, origin, point_);
  }

  const crypto::P256PrivateKey key_ = crypto::P256PrivateKey::Generate();
  const std::string point_ = key_.public_key().point();
  const std::string other_point_ =
      crypto::P256PrivateKey::Generate().public_key().point();
  ExpectedPlace place_{{"acme", "home", "gw-1"},
                       point_,
                       crypto::ToString(key_.public_key().SpkiHash())};
};

TEST_F(PlaceTest, BothKindsFromTheGatewayAreAccepted) {
  EXPECT_OK(Check(U2fFrom(place_.gateway)));
  EXPECT_OK(Check(WebauthnClientData(kWebauthnAssertion, kChallenge,
                                     place_.gateway.Text())));
}

TEST_F(PlaceTest, AnotherOriginIsRefused) {
  for (const GatewayOrigin& origin : {GatewayOrigin{"other", "home", "gw-1"},
                                      GatewayOrigin{"acme", "office", "gw-1"},
                                      GatewayOrigin{"acme", "home", "gw-2"}}) {
    EXPECT_THAT(Check(U2fFrom(origin)), HasReason(reason::kOriginMismatch));
  }
}

TEST_F(PlaceTest, AnotherGatewayKeyIsRefused) {
  const std::string bytes =
      U2fClientData(kU2fAssertion, kChallenge, place_.gateway, other_point_);
  EXPECT_THAT(Check(bytes), HasReason(reason::kChannelKeyMismatch));
  place_.gateway_point.clear();
  EXPECT_THAT(Check(bytes), HasReason(reason::kChannelKeyMismatch));
}

TEST_F(PlaceTest, TheChannelKeyIsTheHashOfTheSpki) {
  EXPECT_EQ(ChannelKeyOf(point_), key_.public_key().SpkiHash());
}

TEST_F(PlaceTest, TheKeyMayBeKnownByItsHash) {
  place_.gateway_point.clear();
  EXPECT_OK(Check(U2fFrom(place_.gateway)));
}

TEST_F(PlaceTest, AnUnknownSiteMayBeAnyId) {
  place_.gateway.site.clear();
  EXPECT_OK(Check(U2fFrom({"acme", "elsewhere", "gw-1"})));
  EXPECT_FALSE(Check(U2fFrom({"acme", "Else where", "gw-1"})).ok());
}

TEST_F(PlaceTest, ARegistrationIsNoAssertion) {
  EXPECT_THAT(Check(U2fClientData(kU2fRegistration, kChallenge, place_.gateway,
                                  point_)),
              HasReason(reason::kClientDataType));
  EXPECT_THAT(Check(WebauthnClientData(kWebauthnRegistration, kChallenge,
                                       place_.gateway.Text())),
              HasReason(reason::kClientDataType));
}

TEST_F(PlaceTest, ABrowserShowsTheOriginBehindItsChannelKey) {
  place_ = {
      {}, "", crypto::ToString(BrowserChannelKey("https://portal.example"))};
  EXPECT_OK(Check(WebauthnClientData(kWebauthnAssertion, kChallenge,
                                     "https://portal.example")));
  EXPECT_THAT(Check(WebauthnClientData(kWebauthnAssertion, kChallenge,
                                       "https://portal.example.evil")),
              HasReason(reason::kOriginMismatch));
  EXPECT_THAT(Check(U2fFrom({"acme", "home", "gw-1"})),
              HasReason(reason::kClientDataType));
}

// A point that is none has a hash, too.
TEST_F(PlaceTest, NoPointIsNobodysKey) {
  ClientData data;
  data.is_u2f = true;
  data.type = kU2fAssertion;
  data.origin = "u2fi:acme/home/gw-1";
  ExpectedPlace place = place_;
  place.gateway = {"acme", "home", "gw-1"};
  place.gateway_point.clear();
  const std::string key = crypto::ToString(ChannelKeyOf(""));
  place.channel_key = key;
  EXPECT_THAT(CheckClientData(data, place),
              HasReason(reason::kChannelKeyMismatch));
}

class RelayTest : public testing::Test {
 protected:
  RelayTest() {
    answer_.set_client_data("client");
    answer_.set_authenticator_data("auth");
    answer_.set_signature("signature");
    answer_.set_token_id("tok-1");
    SignRelay(key_, kChallenge, 1'700'000'000'000, answer_);
    approval_ = ToApproval("statement", answer_);
  }
  absl::Status Verify() {
    return VerifyRelay(key_.public_key(), kChallenge, approval_);
  }

  const crypto::P256PrivateKey key_ = crypto::P256PrivateKey::Generate();
  v1::Answer answer_;
  v1::Approval approval_;
};

TEST_F(RelayTest, RoundTrips) { EXPECT_OK(Verify()); }

// Computed with Python's hashlib.
TEST_F(RelayTest, TheDigestIsThatOfTheFormat) {
  EXPECT_EQ(crypto::Hex(crypto::View(
                RelayDigest(kChallenge, "auth", "sig", 1'700'000'000'000))),
            "3883c80686e398d49f353dc054bb27382b348b711bd8487a594109f305b63ee7");
}

TEST_F(RelayTest, EveryPartIsCovered) {
  approval_.set_touched_at_ms(1'700'000'000'001);
  EXPECT_THAT(Verify(), HasReason(reason::kRelayInvalid));
  approval_ = ToApproval("statement", answer_);
  approval_.set_signature("other");
  EXPECT_THAT(Verify(), HasReason(reason::kRelayInvalid));
  approval_ = ToApproval("statement", answer_);
  approval_.set_authenticator_data("other");
  EXPECT_THAT(Verify(), HasReason(reason::kRelayInvalid));
  approval_ = ToApproval("statement", answer_);
  EXPECT_THAT(VerifyRelay(key_.public_key(), crypto::Sha256("x"), approval_),
              HasReason(reason::kRelayInvalid));
}

TEST_F(RelayTest, AnotherGatewayIsRefused) {
  EXPECT_THAT(VerifyRelay(crypto::P256PrivateKey::Generate().public_key(),
                          kChallenge, approval_),
              HasReason(reason::kRelayInvalid));
}

TEST(DigestTest, AnswersDifferInEveryPart) {
  v1::Answer answer;
  answer.set_client_data("ab");
  answer.set_authenticator_data("c");
  const crypto::Digest digest = AnswerDigest(answer);
  answer.set_client_data("a");
  answer.set_authenticator_data("bc");
  EXPECT_NE(AnswerDigest(answer), digest) << "bytes moved";
  v1::Answer with_relay = answer;
  with_relay.set_relay_signature("r");
  EXPECT_NE(AnswerDigest(with_relay), AnswerDigest(answer));
  v1::Answer with_token = answer;
  with_token.set_token_id("t");
  EXPECT_NE(AnswerDigest(with_token), AnswerDigest(answer));
}

// Computed with Python's hashlib.
TEST(DigestTest, DigestsAreThoseOfTheFormats) {
  v1::Answer answer;
  answer.set_client_data("c");
  answer.set_authenticator_data("a");
  answer.set_signature("s");
  answer.set_token_id("t");
  answer.set_relay_signature("r");
  EXPECT_EQ(crypto::Hex(crypto::View(AnswerDigest(answer))),
            "96300c8fab00888243a58b9a626b701de1235c09208ca43a62d7ba749d1e309f");
  v1::Registration registration;
  registration.set_credential_id("id");
  registration.set_public_key("key");
  registration.set_attestation("att");
  EXPECT_EQ(crypto::Hex(crypto::View(RegistrationDigest(registration))),
            "852710a599095b487ebc88e2bd6cdc99264c797afc8e4f4d7a38496ea03594c1");
}

}  // namespace
}  // namespace u2fi::proof
