#include "tools/device-emulator/device_signer.h"

#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

class DeviceSignerTest : public testing::Test {
 protected:
  absl::Status Verify(const std::string& signed_bytes,
                      const std::string& signature) const {
    return crypto::P256PublicKey::FromPoint(signer_.point())
        ->Verify(crypto::Sha256(signed_bytes), signature);
  }

  DeviceSigner signer_{crypto::P256PrivateKey::Generate()};
};

TEST_F(DeviceSignerTest, SignsAResultWithItsCommandAndOutcome) {
  EXPECT_OK(
      Verify(std::string("u2fi/result/v1\0\0\0\2id\0\0\0\11SUCCEEDED", 33),
             signer_.SignResult("id", "SUCCEEDED")));
}

TEST_F(DeviceSignerTest, SignsAProofForNonceTransactionAndGateway) {
  EXPECT_OK(
      Verify(std::string("u2fi/device/v1\0\0\0\1n\0\0\0\2tx\0\0\0\1g", 30),
             signer_.SignProof("n", "tx", "g")));
}

TEST_F(DeviceSignerTest, SignsARenewalOfItsPresentToken) {
  EXPECT_OK(Verify(std::string("u2fi/renewal/v1\0\0\0\1d\0\0\0\3jti", 27),
                   signer_.SignRenewal("d", "jti")));
}

TEST_F(DeviceSignerTest, AnotherOutcomeIsAnotherSignature) {
  EXPECT_FALSE(
      Verify(std::string("u2fi/result/v1\0\0\0\2id\0\0\0\11SUCCEEDED", 33),
             signer_.SignResult("id", "UNKNOWN"))
          .ok());
}

}  // namespace
}  // namespace u2fi::device
