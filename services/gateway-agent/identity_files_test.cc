#include "services/gateway-agent/identity_files.h"

#include <sys/stat.h>

#include <cstdlib>
#include <string>

#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/pem.h"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

constexpr char kUri[] = "spiffe://u2fi.example/gateway/t1/s1/g1";

class IdentityFilesTest : public testing::Test {
 protected:
  IdentityFilesTest() {
    std::string folder = testing::TempDir() + "/identity_XXXXXX";
    folder_ = mkdtemp(folder.data());
    config_.set_tenant("t1");
    config_.set_site("s1");
    config_.set_gateway("g1");
    config_.set_rp_id("rp");
    config_.mutable_tls()->set_trust_domain("u2fi.example");
    config_.mutable_tls()->set_key_file(folder_ + "/key");
    config_.mutable_tls()->set_certificate_file(folder_ + "/certificate");
  }
  std::string Text(const std::string& path) const {
    return ReadFile(path, 1 << 16).value();
  }
  crypto::P256PrivateKey Key() const {
    return *crypto::P256PrivateKey::FromPem(Text(folder_ + "/key"));
  }
  void WriteCertificate(const crypto::P256PrivateKey& key,
                        const std::string& uri) {
    crypto::CertificateSpec spec;
    spec.subject = crypto::CommonName("g1");
    spec.serial = "1";
    spec.not_before = absl::FromUnixSeconds(1);
    spec.not_after = absl::FromUnixSeconds(2);
    spec.uris = {uri};
    const std::string pem = crypto::ToPem(crypto::kPemCertificate,
                                          crypto::SelfSigned(spec, key).der());
    ASSERT_OK(WriteFileDurably(folder_ + "/certificate", pem, 0644));
  }
  std::string FaultyField() const {
    const auto fields = FieldsOf(LoadIdentity(config_).status());
    return fields.empty() ? "" : fields.begin()->first;
  }

  std::string folder_;
  config::v1::GatewayAgentConfig config_;
};

TEST_F(IdentityFilesTest, InitMakesAPrivateKeyAndARequestForTheUri) {
  ASSERT_OK_AND_ASSIGN(const NewIdentity made, MakeIdentity(config_));
  struct stat state = {};
  ASSERT_EQ(stat(made.key_file.c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600u);
  EXPECT_EQ(made.spki, Key().public_key().Spki());
  ASSERT_OK_AND_ASSIGN(
      const auto blocks,
      crypto::FromPem(crypto::kPemCertificateRequest, Text(made.request_file)));
  ASSERT_OK_AND_ASSIGN(const auto request,
                       crypto::ParseCertificateRequest(blocks[0]));
  EXPECT_EQ(request.uris, std::vector<std::string>{kUri});
  EXPECT_EQ(request.key.Spki(), made.spki);
}

TEST_F(IdentityFilesTest, InitKeepsTheKeyThatIsThere) {
  ASSERT_OK_AND_ASSIGN(const NewIdentity first, MakeIdentity(config_));
  ASSERT_OK_AND_ASSIGN(const NewIdentity second, MakeIdentity(config_));
  EXPECT_EQ(first.spki, second.spki);
}

TEST_F(IdentityFilesTest, InitDoesNotReplaceWhatIsNoKey) {
  ASSERT_OK(WriteFileDurably(folder_ + "/key", "precious", 0600));
  EXPECT_FALSE(MakeIdentity(config_).ok());
  EXPECT_EQ(Text(folder_ + "/key"), "precious");
}

TEST_F(IdentityFilesTest, TheNextStepIsALineToPaste) {
  NewIdentity identity;
  identity.spki = "spki";
  identity.request_file = "g1.key.csr";
  EXPECT_THAT(NextSteps(config_, identity),
              testing::HasSubstr(
                  "\nu2fi create-gateway g1 --site s1 --key g1.key.csr\n"));
  EXPECT_THAT(
      NextSteps(config_, identity),
      testing::HasSubstr(
          "grpcurl -d '{\"gateway_id\":\"g1\",\"gateway\":{\"site\":\"s1\","
          "\"public_key\":\"c3BraQ==\"}}' $U2FI "
          "u2fi.device_registry.v1.DeviceRegistry/CreateGateway\n"));
}

TEST_F(IdentityFilesTest, RunTakesKeyAndCertificate) {
  ASSERT_OK(MakeIdentity(config_));
  WriteCertificate(Key(), kUri);
  ASSERT_OK_AND_ASSIGN(const AgentIdentity identity, LoadIdentity(config_));
  EXPECT_EQ(identity.gateway, "g1");
  EXPECT_EQ(identity.rp_id, "rp");
  EXPECT_EQ(identity.key.public_key().Spki(), Key().public_key().Spki());
}

TEST_F(IdentityFilesTest, ACertificateForAnotherKeyIsRefused) {
  ASSERT_OK(MakeIdentity(config_));
  WriteCertificate(crypto::P256PrivateKey::Generate(), kUri);
  EXPECT_EQ(FaultyField(), "tls.certificate_file");
}

TEST_F(IdentityFilesTest, ACertificateForAnotherGatewayIsRefused) {
  ASSERT_OK(MakeIdentity(config_));
  WriteCertificate(Key(), "spiffe://u2fi.example/gateway/t1/s1/g2");
  EXPECT_EQ(FaultyField(), "tls.certificate_file");
}

TEST_F(IdentityFilesTest, AFileThatIsNoCertificateIsRefused) {
  ASSERT_OK(MakeIdentity(config_));
  ASSERT_OK(WriteFileDurably(folder_ + "/certificate", "none", 0644));
  EXPECT_EQ(FaultyField(), "tls.certificate_file");
}

TEST_F(IdentityFilesTest, AKeyThatOthersCanReadIsRefused) {
  ASSERT_OK(MakeIdentity(config_));
  WriteCertificate(Key(), kUri);
  ASSERT_EQ(chmod((folder_ + "/key").c_str(), 0640), 0);
  EXPECT_EQ(FaultyField(), "tls.key_file");
}

TEST_F(IdentityFilesTest, WithoutAKeyItSaysSo) {
  EXPECT_THAT(LoadIdentity(config_), HasReason(reason::kFileNotFound));
}

}  // namespace
}  // namespace u2fi::gateway_agent
