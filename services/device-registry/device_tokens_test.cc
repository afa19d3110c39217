#include "services/device-registry/device_tokens.h"

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/fake_site.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::device_registry {
namespace {

using ::nlohmann::json;

class DeviceTokensTest : public testing::Test {
 protected:
  DeviceTokensTest() { options_ = OptionsWith({"signer"}); }

  static DeviceTokens::Options OptionsWith(
      const std::vector<std::string>& signers) {
    DeviceTokens::Options options;
    for (const std::string& name : signers) {
      options.keys.push_back(proof::FakeKey(name));
    }
    options.issuer = "https://registry.example";
    options.audience = "devices";
    options.lifetime = absl::Minutes(10);
    return options;
  }

  records::v1::DeviceRow Row(const DeviceTokens& tokens) {
    records::v1::DeviceRow row;
    v1::Device& device = *row.mutable_device();
    device.set_name("devices/lock-1");
    device.set_account("alice");
    device.set_site("home");
    device.set_factory_key(key_.public_key().point());
    *row.mutable_token() = tokens.Make();
    return row;
  }

  // The three parts of the token of one device.
  std::vector<std::string> Parts() {
    const DeviceTokens tokens(options_, clock_, random_);
    const auto token = tokens.Sign("acme", Row(tokens));
    EXPECT_OK(token);
    return token.ok() ? absl::StrSplit(token->jwt(), '.')
                      : std::vector<std::string>(3);
  }
  static json Decoded(const std::string& part) {
    return json::parse(crypto::FromBase64Url(part).value());
  }
  json Claims() { return Decoded(Parts()[1]); }

  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  FakeRandomSource random_;
  DeviceTokens::Options options_;
  const crypto::P256PrivateKey key_ = proof::FakeKey("lock-1");
};

// DER of two integers, from their 32-byte forms.
std::string ToDer(const std::string& raw) {
  std::string body;
  for (const std::string& number : {raw.substr(0, 32), raw.substr(32)}) {
    const size_t first = std::min(number.find_first_not_of('\0'), size_t{31});
    std::string digits = number.substr(first);
    if ((digits[0] & 0x80) != 0) digits.insert(0, 1, '\0');
    body += std::string("\x02") + static_cast<char>(digits.size()) + digits;
  }
  return std::string("\x30") + static_cast<char>(body.size()) + body;
}

TEST_F(DeviceTokensTest, NamesAlgorithmAndKey) {
  const json header = Decoded(Parts()[0]);
  EXPECT_EQ(header["alg"], "ES256");
  EXPECT_EQ(header["typ"], "JWT");
  EXPECT_EQ(header["kid"], Thumbprint(options_.keys[0].public_key()));
}

TEST_F(DeviceTokensTest, SaysWhoseDeviceItIs) {
  const json claims = Claims();
  EXPECT_EQ(claims["iss"], "https://registry.example");
  EXPECT_EQ(claims["aud"], "devices");
  EXPECT_EQ(claims["sub"], "lock-1");
  EXPECT_EQ(claims["tenant"], "acme");
  EXPECT_EQ(claims["owner"], "alice");
  EXPECT_EQ(claims["site"], "home");
}

TEST_F(DeviceTokensTest, IsGoodFromNowOnForItsLifetime) {
  const json claims = Claims();
  EXPECT_EQ(claims["iat"], 1'700'000'000);
  EXPECT_EQ(claims["nbf"], 1'700'000'000);
  EXPECT_EQ(claims["exp"], 1'700'000'600);
}

TEST_F(DeviceTokensTest, IsBoundToTheDevicesKey) {
  EXPECT_EQ(Claims()["cnf"]["jkt"], Thumbprint(key_.public_key()));
}

TEST_F(DeviceTokensTest, TheSignatureIsThatOfTheFirstKey) {
  options_ = OptionsWith({"signer", "next"});
  for (int i = 0; i < 20; ++i) {  // r and s of fewer than 32 bytes come up too
    const std::vector<std::string> parts = Parts();
    const std::string raw = crypto::FromBase64Url(parts[2]).value();
    ASSERT_EQ(raw.size(), 64u);
    EXPECT_OK(options_.keys[0].public_key().Verify(
        crypto::Sha256(parts[0] + "." + parts[1]), ToDer(raw)));
  }
}

TEST_F(DeviceTokensTest, TheSameRowHasTheSameClaims) {
  const DeviceTokens tokens(options_, clock_, random_);
  const records::v1::DeviceRow row = Row(tokens);
  ASSERT_OK_AND_ASSIGN(const auto first, tokens.Sign("acme", row));
  clock_.Advance(absl::Minutes(1));
  ASSERT_OK_AND_ASSIGN(const auto second, tokens.Sign("acme", row));
  const auto claims = [](const gateway::v1::AccessToken& token) {
    return std::vector<std::string>(absl::StrSplit(token.jwt(), '.'))[1];
  };
  EXPECT_EQ(claims(first), claims(second));
}

TEST_F(DeviceTokensTest, EachTokenHasAnIdOfItsOwn) {
  const DeviceTokens tokens(options_, clock_, random_);
  EXPECT_NE(tokens.Make().jti(), tokens.Make().jti());
}

TEST_F(DeviceTokensTest, TellsTheExpiryBesideTheToken) {
  const DeviceTokens tokens(options_, clock_, random_);
  ASSERT_OK_AND_ASSIGN(const auto token, tokens.Sign("acme", Row(tokens)));
  EXPECT_EQ(token.device(), "lock-1");
  EXPECT_EQ(token.expire_ms(), 1'700'000'600'000u);
}

TEST_F(DeviceTokensTest, RefusesADeviceWithoutAKey) {
  const DeviceTokens tokens(options_, clock_, random_);
  records::v1::DeviceRow row = Row(tokens);
  row.mutable_device()->clear_factory_key();
  EXPECT_THAT(tokens.Sign("acme", row), HasReason(reason::kPublicKeyInvalid));
}

TEST_F(DeviceTokensTest, PublishesAllKeysSoThatTheyRotateWithOverlap) {
  options_ = OptionsWith({"signer", "former"});
  options_.other_keys.push_back(proof::FakeKey("audit").public_key());
  const json keys =
      json::parse(DeviceTokens(options_, clock_, random_).jwks())["keys"];
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0]["kid"], Thumbprint(options_.keys[0].public_key()));
  EXPECT_EQ(keys[1]["kid"], Thumbprint(options_.keys[1].public_key()));
  EXPECT_EQ(keys[2]["kid"], Thumbprint(options_.other_keys[0]));
}

TEST_F(DeviceTokensTest, NoPrivateKeyIsPublished) {
  const json keys =
      json::parse(DeviceTokens(options_, clock_, random_).jwks())["keys"];
  EXPECT_FALSE(keys[0].contains("d"));
}

// The public key of RFC 7517, A.1, and its thumbprint as other software
// computes it from the three required members.
TEST(ThumbprintTest, IsTheHashOfTheCanonicalKey) {
  const std::string x =
      crypto::FromBase64Url("MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4")
          .value();
  const std::string y =
      crypto::FromBase64Url("4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM")
          .value();
  const auto key = crypto::P256PublicKey::FromPoint("\x04" + x + y);
  ASSERT_OK(key);
  EXPECT_EQ(
      Thumbprint(*key),
      crypto::Base64Url(crypto::View(crypto::Sha256(
          R"({"crv":"P-256","kty":"EC","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"})"))));
}

}  // namespace
}  // namespace u2fi::device_registry
