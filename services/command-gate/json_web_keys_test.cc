#include "services/command-gate/json_web_keys.h"

#include "gmock/gmock.h"
#include "services/command-gate/fake_issuer.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

using nlohmann::json;

class JsonWebKeysTest : public testing::Test {
 protected:
  absl::StatusOr<std::vector<JsonWebKey>> Parse() {
    return ParseJsonWebKeys(set_.dump());
  }
  void ExpectRefused() {
    EXPECT_THAT(Parse(), HasReason(reason::kInvalidField));
  }
  // Passed over: the other two remain.
  void ExpectSkipped() {
    ASSERT_OK_AND_ASSIGN(const auto keys, Parse());
    EXPECT_EQ(keys.size(), 2u);
  }
  json& key(size_t i = 0) { return set_["keys"][i]; }

  static const FakeIssuer& issuer() {
    static const FakeIssuer* const issuer = new FakeIssuer;
    return *issuer;
  }
  json set_ = issuer().Set();
};

TEST_F(JsonWebKeysTest, ReadsAKeyOfEachKind) {
  ASSERT_OK_AND_ASSIGN(const auto keys, Parse());
  ASSERT_EQ(keys.size(), 3u);
  EXPECT_EQ(keys[0].kid, "ES256");
  EXPECT_EQ(keys[0].key.type(), crypto::KeyType::kP256);
  EXPECT_EQ(keys[1].alg, "RS256");
  EXPECT_EQ(keys[1].key.type(), crypto::KeyType::kRsa);
  EXPECT_EQ(keys[2].alg, "EdDSA");
  EXPECT_EQ(keys[2].key.type(), crypto::KeyType::kEd25519);
}

TEST_F(JsonWebKeysTest, AKeyMayLeaveOutWhatItIsFor) {
  key().erase("alg");
  key().erase("use");
  key().erase("kid");
  ASSERT_OK_AND_ASSIGN(const auto keys, Parse());
  EXPECT_EQ(keys[0].alg, "ES256");
  EXPECT_EQ(keys[0].kid, "");
}

TEST_F(JsonWebKeysTest, WhatIsNoJsonIsRefused) {
  EXPECT_THAT(ParseJsonWebKeys("{\"keys\":"), HasReason(reason::kInvalidField));
}

TEST_F(JsonWebKeysTest, AMemberTwiceIsRefused) {
  EXPECT_THAT(ParseJsonWebKeys("{\"keys\":[],\"keys\":[]}"),
              HasReason(reason::kInvalidField));
}

TEST_F(JsonWebKeysTest, ATextOverItsBoundIsRefused) {
  set_["more"] = std::string(kMaxJsonWebKeys, 'x');
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, WithoutAListItIsRefused) {
  set_.erase("keys");
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, ThirtyThreeKeysAreRefused) {
  while (set_["keys"].size() <= kMaxJsonWebKeyCount) {
    set_["keys"].push_back({{"kty", "other"}});
  }
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, AKeyThatIsNoObjectIsRefused) {
  key() = "text";
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, APrivateKeyIsRefused) {
  key()["d"] = "AAAA";
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, ASymmetricKeyIsRefused) {
  key() = {{"kty", "oct"}, {"k", "AAAA"}};
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, AnUnknownKindIsPassedOver) {
  key()["kty"] = "XX";
  ExpectSkipped();
}

TEST_F(JsonWebKeysTest, AnUnknownCurveIsPassedOver) {
  key()["crv"] = "P-521";
  ExpectSkipped();
}

TEST_F(JsonWebKeysTest, AKeyForEncryptionIsPassedOver) {
  key()["use"] = "enc";
  ExpectSkipped();
}

TEST_F(JsonWebKeysTest, AKeyWhoseOperationsLackVerifyIsPassedOver) {
  key()["key_ops"] = {"encrypt"};
  ExpectSkipped();
  key()["key_ops"] = {"verify"};
  EXPECT_EQ(Parse()->size(), 3u);
}

TEST_F(JsonWebKeysTest, AKeyForAnotherAlgorithmThanItsOwnIsRefused) {
  key(1)["alg"] = "PS256";
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, APointOffTheCurveIsRefused) {
  key()["y"] = key()["x"];
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, ACoordinateOfAnotherLengthIsRefused) {
  key()["x"] = crypto::Base64Url(std::string(31, 'x'));
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, ANumberThatIsNoBase64UrlIsRefused) {
  key()["x"] = "=";
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, AMissingNumberIsRefused) {
  key(1).erase("e");
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, AShortModulusIsRefused) {
  const auto weak = crypto::TestKey::Generate(crypto::KeyType::kRsa, 1024);
  key(1)["n"] = crypto::Base64Url(weak.numbers().first);
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, AKidHasABound) {
  key()["kid"] = std::string(257, 'k');
  ExpectRefused();
  key()["kid"] = 7;
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, AKidTwiceIsRefused) {
  key(1)["kid"] = "ES256";
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, ASetWithoutAnyUsefulKeyIsRefused) {
  set_["keys"] = {{{"kty", "XX"}}};
  ExpectRefused();
}

TEST_F(JsonWebKeysTest, AFaultNamesTheKey) {
  key(2)["x"] = "AAAA";
  EXPECT_EQ(MetadataOf(Parse().status())["index"], "2");
}

}  // namespace
}  // namespace u2fi::command_gate
