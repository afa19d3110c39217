#include "tools/u2fi/key_file.h"

#include "gtest/gtest.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/p256.h"
#include "services/common/crypto/pem.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::cli {
namespace {

const crypto::P256PrivateKey& Key() {
  static const auto* const key =
      new crypto::P256PrivateKey(crypto::P256PrivateKey::Generate());
  return *key;
}

TEST(KeyFileTest, ReadsARequest) {
  const std::string request = crypto::BuildCertificateRequest(
      crypto::CommonName("g1"), {"spiffe://u2fi.example/gateway/t1/s1/g1"},
      Key());
  EXPECT_THAT(
      SpkiFromPem(crypto::ToPem(crypto::kPemCertificateRequest, request)),
      IsOkAndHolds(Key().public_key().Spki()));
}

TEST(KeyFileTest, ReadsAPublicKey) {
  EXPECT_THAT(
      SpkiFromPem(crypto::ToPem("PUBLIC KEY", Key().public_key().Spki())),
      IsOkAndHolds(Key().public_key().Spki()));
}

TEST(KeyFileTest, ARequestThatItsKeyDidNotSignIsRefused) {
  std::string request = crypto::BuildCertificateRequest(
      crypto::CommonName("g1"), {"spiffe://u2fi.example/gateway/t1/s1/g1"},
      Key());
  request.back() = static_cast<char>(request.back() ^ 1);
  EXPECT_FALSE(
      SpkiFromPem(crypto::ToPem(crypto::kPemCertificateRequest, request)).ok());
}

TEST(KeyFileTest, APrivateKeyIsNotWanted) {
  EXPECT_THAT(SpkiFromPem(Key().ToPem()), HasReason(reason::kInvalidField));
}

TEST(KeyFileTest, AnythingElseIsRefused) {
  EXPECT_THAT(SpkiFromPem("hello"), HasReason(reason::kInvalidField));
}

}  // namespace
}  // namespace u2fi::cli
