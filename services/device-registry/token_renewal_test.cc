#include "services/device-registry/token_renewal.h"

#include "absl/strings/escaping.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/hash.h"
#include "services/device-registry/registry_test_case.h"

namespace u2fi::device_registry {
namespace {

class TokenRenewalTest : public RegistryTestCase {
 protected:
  void SetUp() override {
    MakeEnrolledWorld();
    ArmAndStage();
    ASSERT_OK_AND_ASSIGN(
        const auto applied,
        core_->applier().Apply(gate_, PinsRequest(PlannedPins())));
    first_jti_ = JtiOf(applied.access_tokens(0));
  }

  static std::string JtiOf(const gateway::v1::AccessToken& token) {
    const size_t begin = token.jwt().find('.') + 1;
    const size_t end = token.jwt().find('.', begin);
    std::string decoded;
    absl::WebSafeBase64Unescape(token.jwt().substr(begin, end - begin),
                                &decoded);
    return nlohmann::json::parse(decoded)["jti"];
  }

  v1::RenewDeviceTokenRequest Request(const std::string& jti) {
    v1::RenewDeviceTokenRequest request;
    request.set_tenant("acme");
    request.set_gateway("gw-1");
    gateway::v1::TokenRenewal& renewal = *request.mutable_renewal();
    renewal.set_renewal_id("r1");
    renewal.set_device("lock-1");
    renewal.set_jti(jti);
    renewal.set_signature(device_key_.Sign(
        crypto::Sha256({"u2fi/renewal/v1", crypto::LengthPrefixed("lock-1"),
                        crypto::LengthPrefixed(jti)})));
    return request;
  }

  absl::StatusOr<v1::RenewDeviceTokenResponse> Renew(
      const v1::RenewDeviceTokenRequest& request) {
    return core_->tokens().RenewDeviceToken(gate_, request);
  }

  std::string first_jti_;
};

TEST_F(TokenRenewalTest, GivesAnotherToken) {
  ASSERT_OK_AND_ASSIGN(const auto renewed, Renew(Request(first_jti_)));
  EXPECT_EQ(renewed.access_token().renewal_id(), "r1");
  EXPECT_NE(JtiOf(renewed.access_token()), first_jti_);
}

TEST_F(TokenRenewalTest, TheTokenBeforeMayBeRenewedToo) {
  ASSERT_OK(Renew(Request(first_jti_)));
  EXPECT_OK(Renew(Request(first_jti_)));
}

TEST_F(TokenRenewalTest, AnOlderOneMayNot) {
  ASSERT_OK_AND_ASSIGN(const auto second, Renew(Request(first_jti_)));
  ASSERT_OK(Renew(Request(JtiOf(second.access_token()))));
  EXPECT_THAT(Renew(Request(first_jti_)),
              HasReason(reason::kDeviceTokenRevoked));
}

TEST_F(TokenRenewalTest, RefusesASignatureByAnotherKey) {
  v1::RenewDeviceTokenRequest request = Request(first_jti_);
  request.mutable_renewal()->mutable_signature()->back() ^= 1;
  EXPECT_THAT(Renew(request), HasReason(reason::kDeviceProofInvalid));
}

TEST_F(TokenRenewalTest, RefusesAnotherGateway) {
  v1::RenewDeviceTokenRequest request = Request(first_jti_);
  request.set_gateway("gw-2");
  EXPECT_THAT(Renew(request), HasReason(reason::kGatewayMismatch));
}

TEST_F(TokenRenewalTest, RefusesADeviceThatIsUnknown) {
  v1::RenewDeviceTokenRequest request = Request(first_jti_);
  request.mutable_renewal()->set_device("lock-9");
  EXPECT_THAT(Renew(request), HasReason(reason::kResourceUnknown));
}

TEST_F(TokenRenewalTest, AnotherTenantsDeviceIsUnknown) {
  v1::RenewDeviceTokenRequest request = Request(first_jti_);
  request.set_tenant("other");
  EXPECT_THAT(Renew(request), HasReason(reason::kResourceUnknown));
}

TEST_F(TokenRenewalTest, PublishesTheKeyThatSigns) {
  ASSERT_OK_AND_ASSIGN(const auto jwks, core_->tokens().GetJwks(client_, {}));
  const auto keys = nlohmann::json::parse(jwks.jwks())["keys"];
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_EQ(keys[0]["alg"], "ES256");
}

}  // namespace
}  // namespace u2fi::device_registry
