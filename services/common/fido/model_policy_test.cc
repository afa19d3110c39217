#include "services/common/fido/model_policy.h"

#include "services/common/crypto/certificate_builder.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

using Kind = ModelRule::Kind;

class ModelPolicyTest : public testing::Test {
 protected:
  ModelPolicyTest() {
    crypto::CertificateSpec spec;
    spec.subject = crypto::CommonName("leaf");
    spec.serial = "\x01";
    spec.extensions = {{"1.3.6.1.4.1.41482.2", false, "1.3.6.1.4.1.41482.1.2"},
                       {"1.2.3.4", false, ""}};
    evidence_.chain = {
        crypto::SelfSigned(spec, crypto::P256PrivateKey::Generate())};
    evidence_.aaguid = std::string(16, 'a');
  }

  // Every rule that names the token.
  std::vector<ModelRule> Rules() const {
    return {{Kind::kAaguid, std::string(16, 'a')},
            {Kind::kKeyId, AttestationKeyId(evidence_.chain[0])},
            {Kind::kIssuer, evidence_.chain[0].issuer()},
            {Kind::kVendorOid, "1.3.6.1.4.1.41482.1.2"},
            {Kind::kVendorOid, "1.2.3.4"}};
  }

  AttestationEvidence evidence_;
  TrustVerdict proved_{TrustLevel::kAttested, "", true};
  TrustVerdict claimed_;
};

TEST_F(ModelPolicyTest, WithoutRulesAllAreLetIn) {
  EXPECT_OK(CheckModelPolicy(evidence_, claimed_, {}));
}

TEST_F(ModelPolicyTest, EachKindOfRuleLetsItsModelIn) {
  for (const ModelRule& rule : Rules()) {
    EXPECT_OK(CheckModelPolicy(evidence_, proved_, {{rule}, {}}));
  }
}

TEST_F(ModelPolicyTest, AModelThatIsNotNamedIsRefused) {
  for (ModelRule rule : Rules()) {
    rule.value.back() ^= 1;
    EXPECT_THAT(CheckModelPolicy(evidence_, proved_, {{rule}, {}}),
                HasReason(reason::kModelNotAllowed));
  }
}

TEST_F(ModelPolicyTest, AClaimThatIsNotProvedLetsNobodyIn) {
  for (const ModelRule& rule : Rules()) {
    EXPECT_THAT(CheckModelPolicy(evidence_, claimed_, {{rule}, {}}),
                HasReason(reason::kModelNotAllowed));
  }
}

TEST_F(ModelPolicyTest, AnAaguidThatTheChainDoesNotProveLetsNobodyIn) {
  proved_.proves_aaguid = false;
  const std::vector<ModelRule> rules = Rules();
  EXPECT_THAT(CheckModelPolicy(evidence_, proved_, {{rules[0]}, {}}),
              HasReason(reason::kModelNotAllowed));
  for (size_t i = 1; i < rules.size(); ++i) {
    EXPECT_OK(CheckModelPolicy(evidence_, proved_, {{rules[i]}, {}}));
  }
  EXPECT_THAT(CheckModelPolicy(evidence_, proved_, {{}, {rules[0]}}),
              HasReason(reason::kModelNotAllowed));
}

TEST_F(ModelPolicyTest, ADeniedModelIsRefusedProvedOrNot) {
  for (const ModelRule& rule : Rules()) {
    EXPECT_THAT(CheckModelPolicy(evidence_, proved_, {{}, {rule}}),
                HasReason(reason::kModelNotAllowed));
    EXPECT_THAT(CheckModelPolicy(evidence_, claimed_, {Rules(), {rule}}),
                HasReason(reason::kModelNotAllowed));
  }
}

TEST_F(ModelPolicyTest, WithoutACertificateOnlyTheAaguidNames) {
  const std::vector<ModelRule> rules = Rules();
  evidence_.chain.clear();
  EXPECT_THAT(CheckModelPolicy(evidence_, claimed_, {{}, {rules[0]}}),
              HasReason(reason::kModelNotAllowed));
  for (size_t i = 1; i < rules.size(); ++i) {
    EXPECT_OK(CheckModelPolicy(evidence_, claimed_, {{}, {rules[i]}}));
  }
}

}  // namespace
}  // namespace u2fi::fido
