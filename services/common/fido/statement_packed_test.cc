#include "services/common/fido/statement_packed.h"

#include "services/common/crypto/der.h"
#include "services/common/fido/statement_test_util.h"

namespace u2fi::fido {
namespace {

crypto::Extension AaguidExtension(absl::string_view aaguid) {
  return {"1.3.6.1.4.1.45724.1.1.4", false,
          crypto::der::Write(crypto::der::kOctetString, aaguid)};
}

const StatementFault kFaults[] = {
    {"MoreMembers", "packed_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["ecdaaKeyId"] = cbor::Bytes("x"); }},
    {"AlgMissing", "packed_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["alg"] = ""; }},
    {"SigIsText", "packed_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["sig"] = cbor::Text("x"); }},
    {"AlgIsText", "packed_algorithm", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["alg"] = cbor::Text("ES256"); }},
    {"AlgIsNotSupported", "packed_algorithm", reason::kAlgNotAllowed,
     [](FakeWebAuthnToken& t) { t.alg = -36; }},
    {"AlgIsSha1", "packed_algorithm", reason::kInsecureAlgorithm,
     [](FakeWebAuthnToken& t) { t.alg = -65535; }},
    {"SelfWithAnotherAlg", "packed_algorithm", reason::kAlgMismatch,
     [](FakeWebAuthnToken& t) {
       t.is_self = true;
       t.members["alg"] = cbor::Integer(-257);
     }},
    {"NoCertificates", "packed_chain", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["x5c"] = cbor::Array({}); }},
    {"ChainIsNoArray", "packed_chain", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["x5c"] = cbor::Bytes("x"); }},
    {"ChainOfText", "packed_chain", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.members["x5c"] = cbor::Array({cbor::Text("x")});
     }},
    {"ChainTooLong", "packed_chain", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.intermediates.assign(6, t.Root().der()); }},
    {"CertificateMalformed", "packed_chain", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.intermediates = {"x"}; }},
    {"SignedByAnotherKey", "packed_signature", reason::kSignatureInvalid,
     [](FakeWebAuthnToken& t) {
       t.leaf_spki = t.root_key.public_key().Spki();
     }},
    {"SelfSignedByAnotherKey", "packed_signature", reason::kSignatureInvalid,
     [](FakeWebAuthnToken& t) {
       t.is_self = true;
       t.members["sig"] = cbor::Bytes(
           t.attestation_key.Sign(t.attestation_algorithm, "something else"));
     }},
    {"LeafOfAnotherKindThanAlg", "packed_signature", reason::kSignatureInvalid,
     [](FakeWebAuthnToken& t) { t.alg = -35; }},
    {"LeafOfVersion1", "packed_certificate", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.leaf_spec.version = 1; }},
    {"LeafIsACa", "packed_certificate", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.leaf_spec.is_ca = true; }},
    {"CountryMissing", "packed_certificate", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.leaf_spec.subject[0].oid = "2.5.4.7"; }},
    {"CountryTooLong", "packed_certificate", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.leaf_spec.subject[0].value = "SWE"; }},
    {"OrganizationMissing", "packed_certificate",
     reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.leaf_spec.subject[1].value = ""; }},
    {"UnitWithAnotherText", "packed_certificate",
     reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.subject[2].value = "Authenticator attestation";
     }},
    {"CommonNameMissing", "packed_certificate", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.leaf_spec.subject.pop_back(); }},
    {"AnotherAaguid", "packed_aaguid", reason::kAttestationAaguidMismatch,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions = {AaguidExtension(std::string(16, 'b'))};
     }},
    {"AaguidNotWrappedTwice", "packed_aaguid",
     reason::kAttestationAaguidMismatch,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions = {AaguidExtension(t.aaguid)};
       t.leaf_spec.extensions[0].value = t.aaguid;
     }},
    {"AaguidIsCritical", "packed_aaguid", reason::kAttestationAaguidMismatch,
     [](FakeWebAuthnToken& t) {
       t.leaf_spec.extensions = {AaguidExtension(t.aaguid)};
       t.leaf_spec.extensions[0].critical = true;
     }},
};

class PackedFaultTest : public testing::TestWithParam<StatementFault> {};
TEST_P(PackedFaultTest, IsRefusedByItsStep) {
  ExpectStatementRefused(FakeWebAuthnToken("packed"), GetParam(),
                         VerifyPackedStatement);
}
INSTANTIATE_TEST_SUITE_P(All, PackedFaultTest, testing::ValuesIn(kFaults),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(PackedStatementTest, EveryStepHasAFault) {
  ExpectAFaultForEach(PackedStepNames(), kFaults);
}

TEST(PackedStatementTest, AGoodOneGivesItsChain) {
  FakeWebAuthnToken token("packed");
  token.leaf_spec.extensions = {AaguidExtension(token.aaguid)};
  token.intermediates = {token.Root().der()};
  ASSERT_OK_AND_ASSIGN(StatementResult result,
                       RunStatement(token, VerifyPackedStatement));
  EXPECT_EQ(result.chain.size(), 2u);
  EXPECT_FALSE(result.is_self);
}

class PackedAlgorithmTest : public testing::TestWithParam<AlgorithmCase> {};
INSTANTIATE_TEST_SUITE_P(All, PackedAlgorithmTest,
                         testing::ValuesIn(kAlgorithmCases));

TEST_P(PackedAlgorithmTest, TheCredentialMayAttestItself) {
  FakeWebAuthnToken token("packed", GetParam());
  token.is_self = true;
  ASSERT_OK_AND_ASSIGN(StatementResult result,
                       RunStatement(token, VerifyPackedStatement));
  EXPECT_TRUE(result.is_self);
  EXPECT_TRUE(result.chain.empty());
}

TEST_P(PackedAlgorithmTest, TheAttestationKeyMayBeOfAnyKind) {
  FakeWebAuthnToken token("packed");
  token.attestation_key = TestKeyOf(GetParam());
  token.attestation_algorithm = GetParam().signature;
  token.alg = static_cast<int64_t>(GetParam().algorithm);
  token.leaf_spki = token.attestation_key.spki();
  EXPECT_OK(RunStatement(token, VerifyPackedStatement));
}

}  // namespace
}  // namespace u2fi::fido
