#include "services/common/fido/statement_fido_u2f.h"

#include "services/common/fido/statement_test_util.h"

namespace u2fi::fido {
namespace {

const StatementFault kFaults[] = {
    {"MoreMembers", "u2f_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["alg"] = cbor::Integer(-7); }},
    {"SigMissing", "u2f_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["sig"] = ""; }},
    {"TwoCertificates", "u2f_certificate", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.intermediates = {t.Root().der()}; }},
    {"NoCertificate", "u2f_certificate", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["x5c"] = cbor::Array({}); }},
    {"CertificateOfAnotherCurve", "u2f_certificate",
     reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) {
       t.leaf_spki = TestKeyOf(kAlgorithmCases[1]).spki();
     }},
    {"CredentialOfAnotherAlgorithm", "u2f_key",
     reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.cose = CosePairsOf(TestKeyOf(kAlgorithmCases[1]), kAlgorithmCases[1]);
     }},
    {"SignedByAnotherKey", "u2f_signature", reason::kSignatureInvalid,
     [](FakeWebAuthnToken& t) {
       t.leaf_spki = t.root_key.public_key().Spki();
     }},
    {"SignedForAnotherCredential", "u2f_signature", reason::kSignatureInvalid,
     [](FakeWebAuthnToken& t) {
       FakeWebAuthnToken other = t;
       other.credential_id = "other";
       const CborValue made = *ParseCbor(other.Statement("client data"));
       t.members["sig"] = cbor::Bytes(*made.Find("sig")->AsBytes());
     }},
};

class FidoU2fFaultTest : public testing::TestWithParam<StatementFault> {};
TEST_P(FidoU2fFaultTest, IsRefusedByItsStep) {
  ExpectStatementRefused(FakeWebAuthnToken("fido-u2f"), GetParam(),
                         VerifyFidoU2fStatement);
}
INSTANTIATE_TEST_SUITE_P(All, FidoU2fFaultTest, testing::ValuesIn(kFaults),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(FidoU2fStatementTest, EveryStepHasAFault) {
  ExpectAFaultForEach(FidoU2fStepNames(), kFaults);
}

TEST(FidoU2fStatementTest, AGoodOneGivesItsCertificateWhateverTheAaguid) {
  for (const std::string& aaguid :
       {std::string(16, '\0'), std::string(16, 'a')}) {
    FakeWebAuthnToken token("fido-u2f");
    token.aaguid = aaguid;
    ASSERT_OK_AND_ASSIGN(StatementResult result,
                         RunStatement(token, VerifyFidoU2fStatement));
    EXPECT_EQ(result.chain.size(), 1u);
  }
}

}  // namespace
}  // namespace u2fi::fido
