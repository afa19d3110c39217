#include "tools/soft-token/pin_protocol.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"

namespace u2fi::soft_token {
namespace {

// Key and platform, with either protocol.
class PinProtocolTest : public testing::TestWithParam<int> {
 protected:
  std::string Secret() { return *key_.Agree(platform_.PublicKey().point()); }
  size_t Overhead() const { return GetParam() == 1 ? 0 : 16; }

  FakeRandomSource random_;
  FakeRandomSource other_random_{2};
  PinProtocol key_{GetParam(), random_};
  PinProtocol platform_{GetParam(), other_random_};
};

TEST_P(PinProtocolTest, BothSidesAgree) {
  EXPECT_EQ(key_.Agree(platform_.PublicKey().point()),
            platform_.Agree(key_.PublicKey().point()));
  EXPECT_EQ(Secret().size(), GetParam() == 1 ? 32u : 64u);
}

TEST_P(PinProtocolTest, NobodyAgreesWithWhatIsNoPoint) {
  EXPECT_FALSE(key_.Agree("").has_value());
  EXPECT_FALSE(key_.Agree("\x04" + std::string(64, '\1')).has_value());
}

TEST_P(PinProtocolTest, ANewKeyAgreesOnAnotherSecret) {
  const std::string before = Secret();
  key_.Regenerate();
  EXPECT_NE(Secret(), before);
}

TEST_P(PinProtocolTest, WhatIsEncryptedIsDecrypted) {
  const std::string secret = Secret();
  const std::string text(32, 't');
  const std::string encrypted = platform_.Encrypt(secret, text);
  EXPECT_EQ(encrypted.size(), text.size() + Overhead());
  EXPECT_EQ(key_.Decrypt(secret, encrypted), text);
}

TEST_P(PinProtocolTest, WhatFillsNoBlockIsNotDecrypted) {
  EXPECT_FALSE(key_.Decrypt(Secret(), std::string(31, 'e')).has_value());
}

TEST_P(PinProtocolTest, AProofIsForItsMessageAndSecret) {
  const std::string secret = Secret();
  std::string proof = platform_.Authenticate(secret, "message");
  EXPECT_EQ(proof.size(), GetParam() == 1 ? 16u : 32u);
  EXPECT_TRUE(key_.Verify(secret, "message", proof));
  EXPECT_FALSE(key_.Verify(secret, "massage", proof));
  EXPECT_FALSE(key_.Verify(std::string(32, 's'), "message", proof));
  EXPECT_FALSE(key_.Verify(secret, "message", proof.substr(1)));
  EXPECT_FALSE(key_.Verify(secret, "message", ""));
}

INSTANTIATE_TEST_SUITE_P(Both, PinProtocolTest, testing::Values(1, 2));

TEST(PinProtocolTest, TwoNeedsItsFirstBlock) {
  FakeRandomSource random;
  PinProtocol two(2, random);
  EXPECT_FALSE(two.Decrypt(std::string(64, 's'), "").has_value());
}

TEST(PinProtocolTest, ThereAreTwo) {
  EXPECT_FALSE(PinProtocol::IsKnown(0));
  EXPECT_TRUE(PinProtocol::IsKnown(1));
  EXPECT_TRUE(PinProtocol::IsKnown(2));
  EXPECT_FALSE(PinProtocol::IsKnown(3));
}

}  // namespace
}  // namespace u2fi::soft_token
