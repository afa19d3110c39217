#include "services/common/crypto/key_pair.h"

#include "services/common/crypto/certificate_builder.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

using ::testing::HasSubstr;

std::string Message(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

class KeyPairTest : public testing::Test {
 protected:
  KeyPairTest() {
    spec_.subject = CommonName("a");
    spec_.serial = "\x01";
    spec_.not_before = absl::FromUnixSeconds(1600000000);
    spec_.not_after = absl::FromUnixSeconds(2600000000);
  }
  Certificate Own() const { return SelfSigned(spec_, key_); }

  CertificateSpec spec_;
  const P256PrivateKey key_ = P256PrivateKey::Generate();
};

TEST_F(KeyPairTest, TheKeyOfTheCertificateIsGood) {
  EXPECT_OK(CheckPrivateKeyOf(Own(), key_.ToPem()));
}

TEST_F(KeyPairTest, AnotherKeyIsRefused) {
  EXPECT_THAT(
      Message(CheckPrivateKeyOf(Own(), P256PrivateKey::Generate().ToPem())),
      HasSubstr("is not that of the certificate"));
}

TEST_F(KeyPairTest, WhatIsNoKeyIsRefused) {
  for (const char* text :
       {"", "x",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}) {
    EXPECT_THAT(Message(CheckPrivateKeyOf(Own(), text)),
                HasSubstr("cannot be read"))
        << text;
  }
}

}  // namespace
}  // namespace u2fi::crypto
