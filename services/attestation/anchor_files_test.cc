#include "services/attestation/anchor_files.h"

#include "gmock/gmock.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/pem.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::attestation {
namespace {

using ::testing::HasSubstr;

crypto::Certificate Root(absl::string_view name) {
  crypto::CertificateSpec spec;
  spec.subject = crypto::CommonName(name);
  spec.serial = "1";
  spec.not_before = absl::FromUnixSeconds(0);
  spec.not_after = absl::FromUnixSeconds(4'000'000'000);
  spec.is_ca = true;
  return crypto::SelfSigned(spec, crypto::P256PrivateKey::Generate());
}

// A file in the test's folder with these contents.
std::string FileWith(const std::string& name, const std::string& contents) {
  std::string path = testing::TempDir() + "/" + name;
  EXPECT_OK(WriteFileDurably(path, contents, 0600));
  return path;
}

std::string Pem(const crypto::Certificate& certificate) {
  return crypto::ToPem(crypto::kPemCertificate, certificate.der());
}

TEST(AnchorFilesTest, EveryCertificateOfEveryFileIsAnAnchorForAllFormats) {
  const crypto::Certificate a = Root("a");
  const crypto::Certificate b = Root("b");
  const crypto::Certificate c = Root("c");
  ASSERT_OK_AND_ASSIGN(
      const std::vector<fido::TrustAnchor> anchors,
      ReadAnchorFiles({FileWith("two.pem", Pem(a) + "a note\n" + Pem(b)),
                       FileWith("one.pem", Pem(c))}));
  ASSERT_EQ(anchors.size(), 3u);
  EXPECT_EQ(anchors[0].certificate.der(), a.der());
  EXPECT_EQ(anchors[2].certificate.der(), c.der());
  EXPECT_TRUE(anchors[0].formats.empty());
}

TEST(AnchorFilesTest, NoFilesAreNoAnchors) {
  ASSERT_OK_AND_ASSIGN(const std::vector<fido::TrustAnchor> anchors,
                       ReadAnchorFiles({}));
  EXPECT_TRUE(anchors.empty());
}

void ExpectUnusable(const std::string& path) {
  const absl::Status status = ReadAnchorFiles({path}).status();
  EXPECT_THAT(status, HasReason(reason::kInvalidField));
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
}

TEST(AnchorFilesTest, AFileThatIsNotThereIsNamed) {
  ExpectUnusable(testing::TempDir() + "/none.pem");
}

TEST(AnchorFilesTest, AFileWithoutCertificatesIsRefused) {
  ExpectUnusable(FileWith("empty.pem", "nothing here"));
}

TEST(AnchorFilesTest, ABadCertificateIsRefused) {
  ExpectUnusable(
      FileWith("bad.pem", crypto::ToPem(crypto::kPemCertificate, "no DER")));
}

TEST(AnchorFilesTest, AFileThatIsTooLongIsRefused) {
  ExpectUnusable(FileWith(
      "long.pem", std::string(kMaxAnchorFile + 1, '\n') + Pem(Root("a"))));
}

}  // namespace
}  // namespace u2fi::attestation
