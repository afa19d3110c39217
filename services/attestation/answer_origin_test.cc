// One right answer of each kind, and one fault a step.
#include "services/attestation/answer_origin.h"

#include "gtest/gtest.h"
#include "services/attestation/webauthn_test_case.h"

namespace u2fi::attestation {
namespace {

class AnswerOriginTest : public WebAuthnTestCase {
 protected:
  AnswerOriginTest() { At(Place::kGateway); }

  void At(Place place) {
    asked_ = TemplateAt(place, proof::v1::PURPOSE_COMMAND);
    asked_.set_store_epoch("e");
    asked_.set_nonce(std::string(32, 'n'));
    bytes_ = proof::Encode(asked_);
    channel_ = ChannelAt(place);
    client_data_ =
        place == Place::kGateway
            ? ClientData(proof::kU2fAssertion, bytes_)
            : WebAuthnData(proof::kWebauthnAssertion, bytes_, kPortal);
  }
  absl::StatusOr<fido::Expectation> Expected() {
    return ExpectationOf(asked_, bytes_, channel_, client_data_, party_);
  }
  // U2F client data of another gateway, site or tenant, or with another key.
  void Say(const proof::GatewayOrigin& origin, absl::string_view point) {
    client_data_ = proof::U2fClientData(
        proof::kU2fAssertion, proof::ChallengeOf(bytes_), origin, point);
  }

  const RelyingParty party_{kRpId, {"https://other.test", kPortal}};
  proof::v1::AuthorizationStatement asked_;
  std::string bytes_;
  common::v1::AnswerChannel channel_;
  std::string client_data_;
};

TEST_F(AnswerOriginTest, AGatewaysU2fAnswer) {
  ASSERT_OK_AND_ASSIGN(const fido::Expectation expected, Expected());
  EXPECT_EQ(expected.protocol, fido::Protocol::kU2f);
  EXPECT_EQ(expected.rp_id, kRpId);
  EXPECT_EQ(expected.origins, std::vector<std::string>{"u2fi:t1/s1/g1"});
  EXPECT_TRUE(expected.channel_binding.has_value());
  EXPECT_TRUE(expected.require_user_presence);
  EXPECT_FALSE(expected.require_user_verification);
  EXPECT_EQ(expected.scope.place, "g1");
  EXPECT_EQ(expected.challenge, crypto::ToString(proof::ChallengeOf(bytes_)));
}

TEST_F(AnswerOriginTest, AGatewaysWebAuthnAnswer) {
  client_data_ = WebAuthnData(proof::kWebauthnAssertion, bytes_,
                              OriginAt(Place::kGateway));
  ASSERT_OK_AND_ASSIGN(const fido::Expectation expected, Expected());
  EXPECT_EQ(expected.protocol, fido::Protocol::kWebAuthn);
  EXPECT_FALSE(expected.channel_binding.has_value());
}

TEST_F(AnswerOriginTest, AnAnswerInThePortal) {
  At(Place::kPortal);
  ASSERT_OK_AND_ASSIGN(const fido::Expectation expected, Expected());
  EXPECT_EQ(expected.protocol, fido::Protocol::kWebAuthn);
  EXPECT_EQ(expected.origins, std::vector<std::string>{kPortal});
  EXPECT_EQ(expected.scope.place, "");
}

TEST_F(AnswerOriginTest, TheGatewaysOwnSiteIsItsOwnBusiness) {
  Say({"t1", "another-site", "g1"}, gateway_key_.public_key().point());
  EXPECT_OK(Expected());
}

TEST_F(AnswerOriginTest, PresenceNeedsNoTouch) {
  asked_.set_purpose(proof::v1::PURPOSE_PRESENCE);
  EXPECT_FALSE(Expected()->require_user_presence);
}

TEST_F(AnswerOriginTest, VerificationIsAskedForIfTheStatementDoes) {
  asked_.mutable_required()->set_uv(true);
  EXPECT_TRUE(Expected()->require_user_verification);
}

TEST_F(AnswerOriginTest, AnotherGatewaysStream) {
  channel_.set_gateway("g2");
  EXPECT_THAT(Expected(), HasReason(reason::kGatewayMismatch));
}

TEST_F(AnswerOriginTest, AStreamWithAnotherKey) {
  channel_.set_channel_key(std::string(32, 'k'));
  EXPECT_THAT(Expected(), HasReason(reason::kChannelKeyMismatch));
}

TEST_F(AnswerOriginTest, ABrowserWhereAGatewayWasAsked) {
  channel_.clear_gateway();
  EXPECT_THAT(Expected(), HasReason(reason::kGatewayMismatch));
}

TEST_F(AnswerOriginTest, APortalThatIsNotOurs) {
  At(Place::kPortal);
  const std::string key =
      crypto::ToString(proof::BrowserChannelKey("https://evil.test"));
  asked_.set_channel_key(key);
  channel_.set_channel_key(key);
  EXPECT_THAT(Expected(), HasReason(reason::kBrowserNotAllowed));
}

TEST_F(AnswerOriginTest, ClientDataOfAnotherForm) {
  client_data_.insert(1, " ");
  EXPECT_THAT(Expected(), HasReason(reason::kClientDataType));
  client_data_ = ClientData(proof::kU2fAssertion, bytes_) + " ";
  EXPECT_THAT(Expected(), HasReason(reason::kClientDataFormat));
}

TEST_F(AnswerOriginTest, AnotherGatewayInTheOrigin) {
  Say({"t1", "s1", "g2"}, gateway_key_.public_key().point());
  EXPECT_THAT(Expected(), HasReason(reason::kOriginMismatch));
}

TEST_F(AnswerOriginTest, AnotherTenantInTheOrigin) {
  Say({"t2", "s1", "g1"}, gateway_key_.public_key().point());
  EXPECT_THAT(Expected(), HasReason(reason::kOriginMismatch));
}

TEST_F(AnswerOriginTest, ASiteThatIsNoId) {
  Say({"t1", "S 1", "g1"}, gateway_key_.public_key().point());
  EXPECT_THAT(Expected(), HasReason(reason::kOriginMismatch));
}

TEST_F(AnswerOriginTest, AWebPageAtTheGateway) {
  client_data_ =
      WebAuthnData(proof::kWebauthnAssertion, bytes_, "https://portal.test");
  EXPECT_THAT(Expected(), HasReason(reason::kOriginMismatch));
}

TEST_F(AnswerOriginTest, AnotherKeyInCidPubkey) {
  Say({"t1", "s1", "g1"},
      crypto::P256PrivateKey::Generate().public_key().point());
  EXPECT_THAT(Expected(), HasReason(reason::kChannelIdMismatch));
}

TEST_F(AnswerOriginTest, APointOffTheCurveInCidPubkey) {
  Say({"t1", "s1", "g1"}, "\x04" + std::string(64, '\x01'));
  EXPECT_THAT(Expected(), HasReason(reason::kChannelIdMismatch));
}

}  // namespace
}  // namespace u2fi::attestation
