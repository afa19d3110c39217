#include "services/common/fido/statement_apple.h"

#include "services/common/crypto/der.h"
#include "services/common/fido/statement_test_util.h"

namespace u2fi::fido {
namespace {

const StatementFault kFaults[] = {
    {"MoreMembers", "apple_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["sig"] = cbor::Bytes("x"); }},
    {"ChainMissing", "apple_shape", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) { t.members["x5c"] = ""; }},
    {"CertificateMalformed", "apple_certificate",
     reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) {
       t.members["x5c"] = cbor::Array({cbor::Bytes("x")});
     }},
    {"NonceMissing", "apple_certificate", reason::kAttestationCertInvalid,
     [](FakeWebAuthnToken& t) {
       t.edit_extension = [](crypto::Extension& e) { e.oid = "1.2.3"; };
     }},
    {"AnotherNonce", "apple_nonce", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.edit_extension = [](crypto::Extension& e) { e.value.back() ^= 1; };
     }},
    {"NonceWithAByteAfterIt", "apple_nonce",
     reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.edit_extension = [](crypto::Extension& e) { e.value += 'x'; };
     }},
    {"AnotherKey", "apple_key", reason::kAttestationStatementInvalid,
     [](FakeWebAuthnToken& t) {
       t.leaf_spki = t.root_key.public_key().Spki();
     }},
};

class AppleFaultTest : public testing::TestWithParam<StatementFault> {};
TEST_P(AppleFaultTest, IsRefusedByItsStep) {
  ExpectStatementRefused(FakeWebAuthnToken("apple"), GetParam(),
                         VerifyAppleStatement);
}
INSTANTIATE_TEST_SUITE_P(All, AppleFaultTest, testing::ValuesIn(kFaults),
                         [](const auto& info) {
                           return std::string(info.param.name);
                         });

TEST(AppleStatementTest, EveryStepHasAFault) {
  ExpectAFaultForEach(AppleStepNames(), kFaults);
}

TEST(AppleStatementTest, AGoodOneGivesItsChain) {
  FakeWebAuthnToken token("apple");
  EXPECT_EQ(RunStatement(token, VerifyAppleStatement)->chain.size(), 1u);
  token.members["alg"] = cbor::Integer(-7);
  EXPECT_OK(RunStatement(token, VerifyAppleStatement));
}

}  // namespace
}  // namespace u2fi::fido
