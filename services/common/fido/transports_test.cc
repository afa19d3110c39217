#include "services/common/fido/transports.h"

#include "gmock/gmock.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::fido {
namespace {

absl::optional<std::vector<std::string>> Read(absl::string_view hex) {
  crypto::CertificateSpec spec;
  spec.subject = crypto::CommonName("leaf");
  spec.serial = "\x01";
  spec.extensions = {{"1.3.6.1.4.1.45724.2.1.1", false, *crypto::FromHex(hex)}};
  return TransportsOf(
      crypto::SelfSigned(spec, crypto::P256PrivateKey::Generate()));
}

TEST(TransportsTest, GivesTheNamesInOrder) {
  EXPECT_THAT(*Read("03020780"), testing::ElementsAre("bluetooth"));
  EXPECT_THAT(*Read("030204d0"),
              testing::ElementsAre("bluetooth", "ble", "nfc"));
  EXPECT_THAT(*Read("030203f8"), testing::ElementsAre("bluetooth", "ble", "usb",
                                                      "nfc", "internal"));
  EXPECT_THAT(*Read("03020700"), testing::IsEmpty());
}

TEST(TransportsTest, MalformedMeansUnknown) {
  for (const char* hex : {"", "aa80", "0301", "0302088000", "03020888",
                          "03020781", "0403020780"}) {
    EXPECT_EQ(Read(hex), absl::nullopt) << hex;
  }
}

TEST(TransportsTest, WithoutTheExtensionTheyAreUnknown) {
  crypto::CertificateSpec spec;
  spec.serial = "\x01";
  EXPECT_EQ(TransportsOf(
                crypto::SelfSigned(spec, crypto::P256PrivateKey::Generate())),
            absl::nullopt);
}

}  // namespace
}  // namespace u2fi::fido
