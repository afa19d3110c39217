#include "services/common/fido/statement_android_key.h"

#include "services/common/crypto/der.h"
#include "services/common/fido/statement_test_util.h"

namespace u2fi::fido {
namespace {

namespace der = crypto::der;

std::string Purpose(uint64_t purpose) {
  return AndroidEntry(1, der::Set({der::Integer(purpose)}));
}
std::string Origin(uint64_t origin) {
  return AndroidEntry(702, der::Integer(origin));
}

const StatementFault kFaults[] = {
    {"MoreMembers", "android_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["ver"] = cbor::Text("x"); }},
    {"ChainMissing", "android_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["x5c"] = ""; }},
    {"AlgIsNotSupported", "android_algorithm", reason::kAlgNotAllowed,
     [](FakeWebAuthnToken& t) { t.alg = -47; }},
    {"CertificateMalformed", "android_chain", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) { t.intermediates = {"x"}; }},
    {"SignedForAnotherCredential", "android_signature",
     reason::kSignatureInvalid,
     [](FakeWebAuthnToken& t) {
       t.members["sig"] =
           cbor::Bytes(t.key->Sign(t.kind.signature, "something else"));
     }},
    {"AnotherKey", "android_key", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.attestation_key = crypto::TestKey::Generate(crypto::KeyType::kP256);
       t.leaf_spki = t.attestation_key.spki();
     }},
    {"DescriptionMissing", "android_description",
     reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) {
       t.edit_extension = [](crypto::Extension& e) { e.oid = "1.2.3"; };
     }},
    {"DescriptionMalformed", "android_description",
     reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) {
       t.edit_extension = [](crypto::Extension& e) { e.value += 'x'; };
     }},
    {"AnotherChallenge", "android_challenge",
     reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.android.challenge = std::string(32, 'x'); }},
    {"AllApplicationsInHardware", "android_scope",
     reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.android.hardware_enforced += AndroidEntry(600, "");
     }},
    {"AllApplicationsInSoftware", "android_scope",
     reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.android.software_enforced = AndroidEntry(600, "");
     }},
    {"ListMalformed", "android_scope", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.android.software_enforced = "x"; }},
    {"ImportedKey", "android_origin", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.android.hardware_enforced = Purpose(2) + Origin(2);
     }},
    {"OriginInSoftwareOnly", "android_origin",
     reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.android.software_enforced = Origin(0);
       t.android.hardware_enforced = Purpose(2);
     }},
    {"PurposeMissing", "android_purpose", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.android.hardware_enforced = Origin(0); }},
    {"PurposeOfDecryption", "android_purpose",
     reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.android.hardware_enforced = Purpose(1) + Origin(0);
     }},
    {"MorePurposes", "android_purpose", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.android.hardware_enforced =
           AndroidEntry(1, der::Set({der::Integer(uint64_t{1}),
                                     der::Integer(uint64_t{2})})) +
           Origin(0);
     }},
};

class AndroidKeyFaultTest : public testing::TestWithParam<StatementFault> {};
TEST_P(AndroidKeyFaultTest, IsRefusedByItsStep) {
  ExpectStatementRefused(FakeWebAuthnToken("android-key"), GetParam(),
                         VerifyAndroidKeyStatement);
}
INSTANTIATE_TEST_SUITE_P(All, AndroidKeyFaultTest, testing::ValuesIn(kFaults),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(AndroidKeyStatementTest, EveryStepHasAFault) {
  ExpectAFaultForEach(AndroidKeyStepNames(), kFaults);
}

TEST(AndroidKeyStatementTest, AGoodOneGivesItsChain) {
  FakeWebAuthnToken token("android-key");
  token.android.software_enforced = AndroidEntry(709, "app");
  EXPECT_EQ(RunStatement(token, VerifyAndroidKeyStatement)->chain.size(), 1u);
}

}  // namespace
}  // namespace u2fi::fido
