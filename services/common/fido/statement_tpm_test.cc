#include "services/common/fido/statement_tpm.h"

#include "services/common/crypto/der.h"
#include "services/common/fido/statement_test_util.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

constexpr auto& kInvalid = reason::kAttestationStatementInvalid;
constexpr auto& kCertificate = reason::kAttestationCertInvalid;

using Attributes = std::vector<crypto::NameAttribute>;

const Attributes& kModelAndVersion =
    *new Attributes({{"2.23.133.2.2", "Model"}, {"2.23.133.2.3", "id:13"}});

// A directoryName of a TPM.
std::string TpmName(absl::string_view manufacturer, Attributes more) {
  more.push_back({"2.23.133.2.1", std::string(manufacturer)});
  return der::Write(der::Context(4), crypto::EncodeName(more));
}

const StatementFault kFaults[] = {
    {"AnotherVersion", "tpm_shape", kInvalid,
     [](FakeWebAuthnToken& t) { t.members["ver"] = cbor::Text("1.2"); }},
    {"PubAreaMissing", "tpm_shape", kInvalid,
     [](FakeWebAuthnToken& t) { t.members["pubArea"] = ""; }},
    {"CertInfoIsText", "tpm_shape", kInvalid,
     [](FakeWebAuthnToken& t) { t.members["certInfo"] = cbor::Text("x"); }},
    {"MoreMembers", "tpm_shape", kInvalid,
     [](FakeWebAuthnToken& t) { t.members["x"] = cbor::Text("x"); }},
    {"AlgIsSha1", "tpm_algorithm", reason::kInsecureAlgorithm,
     [](FakeWebAuthnToken& t) { t.alg = -65535; }},
    {"AlgIsNotSupported", "tpm_algorithm", reason::kAlgNotAllowed,
     [](FakeWebAuthnToken& t) { t.alg = -258; }},
    {"NoCertificates", "tpm_chain", kInvalid,
     [](FakeWebAuthnToken& t) { t.members["x5c"] = cbor::Array({}); }},
    {"CertificateMalformed", "tpm_chain", kCertificate,
     [](FakeWebAuthnToken& t) { t.intermediates = {"x"}; }},
    {"AnotherKeyInPubArea", "tpm_public_area", kInvalid,
     [](FakeWebAuthnToken& t) { t.tpm.key = &TestKeyOf(kAlgorithmCases[1]); }},
    {"PubAreaWithAByteAfterIt", "tpm_public_area", kInvalid,
     [](FakeWebAuthnToken& t) {
       t.tpm.edit_public_area = [](std::string& area) { area += 'x'; };
     }},
    {"AnotherMagic", "tpm_magic", kInvalid,
     [](FakeWebAuthnToken& t) { t.tpm.magic ^= 1; }},
    {"CertInfoWithAByteAfterIt", "tpm_magic", kInvalid,
     [](FakeWebAuthnToken& t) {
       t.tpm.edit_cert_info = [](std::string& info) { info += 'x'; };
     }},
    {"AQuoteInsteadOfACertification", "tpm_type", kInvalid,
     [](FakeWebAuthnToken& t) { t.tpm.type = 0x8018; }},
    {"AnotherRegistration", "tpm_extra_data", kInvalid,
     [](FakeWebAuthnToken& t) {
       t.tpm.edit_extra_data = [](std::string& data) { data[0] ^= 1; };
     }},
    {"AnotherName", "tpm_name", kInvalid,
     [](FakeWebAuthnToken& t) {
       t.tpm.edit_name = [](std::string& name) { name.back() ^= 1; };
     }},
    {"NameOfAnUnknownHash", "tpm_name", kInvalid,
     [](FakeWebAuthnToken& t) { t.tpm.name_algorithm = 0x0012; }},
    {"SignedByAnotherKey", "tpm_signature", reason::kSignatureInvalid,
     [](FakeWebAuthnToken& t) {
       t.leaf_spki = t.root_key.public_key().Spki();
     }},
    {"LeafIsACa", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) { t.leaf_spec.is_ca = true; }},
    {"LeafOfVersion1", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) { t.leaf_spec.version = 1; }},
    {"SubjectNotEmpty", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.subject = crypto::CommonName("x");
     }},
    {"AlternativeNamesMissing", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) { t.leaf_spec.extensions.clear(); }},
    {"AlternativeNamesWithoutATpm", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions[0].value = der::Sequence({});
     }},
    {"TpmVersionMissing", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions[0].value =
           der::Sequence({TpmName("id:494E5443", {{"2.23.133.2.2", "b"}})});
     }},
    {"ManufacturerWithoutItsPrefix", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions[0].value =
           der::Sequence({TpmName("494E5443", kModelAndVersion)});
     }},
    {"ManufacturerTooShort", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions[0].value =
           der::Sequence({TpmName("id:494E544", kModelAndVersion)});
     }},
    {"ManufacturerInLetters", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions[0].value =
           der::Sequence({TpmName("id:Infineon", kModelAndVersion)});
     }},
    {"KeyUsageMissing", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) { t.leaf_spec.extended_key_usages.clear(); }},
    {"AnotherKeyUsage", "tpm_certificate", kCertificate,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extended_key_usages = {crypto::kOidClientAuth};
     }},
    {"AnotherAaguid", "tpm_aaguid", reason::kAttestationAaguidMismatch,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions.push_back(
           {"1.3.6.1.4.1.45724.1.1.4", false,
            der::Write(der::kOctetString, std::string(16, 'b'))});
     }},
};

class TpmFaultTest : public testing::TestWithParam<StatementFault> {};
TEST_P(TpmFaultTest, IsRefusedByItsStep) {
  ExpectStatementRefused(FakeWebAuthnToken("tpm"), GetParam(),
                         VerifyTpmStatement);
}
INSTANTIATE_TEST_SUITE_P(All, TpmFaultTest, testing::ValuesIn(kFaults),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(TpmStatementTest, EveryStepHasAFault) {
  ExpectAFaultForEach(TpmStepNames(), kFaults);
}

TEST(TpmStatementTest, OneOfSeveralNamesIsTheTpms) {
  FakeWebAuthnToken token("tpm");
  const std::string other = der::Write(
      der::Context(4), crypto::EncodeName(crypto::CommonName("other")));
  const std::string tpm = TpmName("id:494e5443", kModelAndVersion);
  for (const std::string& names :
       {der::Sequence({tpm, other}), der::Sequence({other, tpm})}) {
    token.leaf_spec.extensions[0].value = names;
    EXPECT_OK(RunStatement(token, VerifyTpmStatement));
  }
}

class TpmCredentialTest : public testing::TestWithParam<AlgorithmCase> {};
INSTANTIATE_TEST_SUITE_P(OfTpms, TpmCredentialTest,
                         testing::Values(kAlgorithmCases[0], kAlgorithmCases[1],
                                         kAlgorithmCases[3]));

TEST_P(TpmCredentialTest, AGoodOneGivesItsChain) {
  FakeWebAuthnToken token("tpm", GetParam());
  EXPECT_EQ(RunStatement(token, VerifyTpmStatement)->chain.size(), 1u);
}

TEST_P(TpmCredentialTest, TheAttestationKeyMayBeOfAnyKind) {
  FakeWebAuthnToken token("tpm");
  token.attestation_key = TestKeyOf(GetParam());
  token.attestation_algorithm = GetParam().signature;
  token.alg = static_cast<int64_t>(GetParam().algorithm);
  token.leaf_spki = token.attestation_key.spki();
  EXPECT_OK(RunStatement(token, VerifyTpmStatement));
}

}  // namespace
}  // namespace u2fi::fido
