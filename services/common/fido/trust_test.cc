#include "services/common/fido/trust.h"

#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/der.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::fido {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

crypto::CertificateSpec Spec(absl::string_view name, bool is_ca) {
  crypto::CertificateSpec spec;
  spec.subject = crypto::CommonName(name);
  spec.serial = "\x01";
  spec.not_before = kNow - absl::Hours(1);
  spec.not_after = kNow + absl::Hours(1);
  spec.is_ca = is_ca;
  return spec;
}

class TrustTest : public testing::Test {
 protected:
  TrustTest() {
    policy_.now = kNow;
    policy_.anchors = {{root_, {}}};
    evidence_.format = "packed";
    evidence_.aaguid = std::string(16, 'a');
    evidence_.algorithm = -7;
    evidence_.chain = {Leaf(Spec("leaf", false))};
    model_.aaguid = evidence_.aaguid;
    model_.description = "Model A";
    model_.anchors = {root_};
    model_.has_basic_attestation = true;
    model_.algorithms = {-7};
  }

  crypto::Certificate Leaf(const crypto::CertificateSpec& spec) const {
    return crypto::IssueCertificate(spec, leaf_key_.public_key(), root_,
                                    root_key_);
  }
  void UseModel() {
    metadata_.Add(model_);
    policy_.metadata = &metadata_;
  }
  absl::StatusOr<TrustVerdict> Judge() const {
    return JudgeTrust(evidence_, policy_);
  }

  const crypto::P256PrivateKey root_key_ = crypto::P256PrivateKey::Generate();
  const crypto::P256PrivateKey leaf_key_ = crypto::P256PrivateKey::Generate();
  const crypto::Certificate root_ =
      crypto::SelfSigned(Spec("root", true), root_key_);
  AttestationEvidence evidence_;
  TrustPolicy policy_;
  MetadataEntry model_;
  MetadataTable metadata_;
};

TEST_F(TrustTest, NoAttestationIsNone) {
  evidence_.chain.clear();
  EXPECT_EQ(Judge()->level, TrustLevel::kNone);
}

TEST_F(TrustTest, ItsOwnKeyIsSelf) {
  evidence_.chain.clear();
  evidence_.is_self = true;
  EXPECT_EQ(Judge()->level, TrustLevel::kSelf);
}

TEST_F(TrustTest, AChainToAnAnchorIsAttested) {
  EXPECT_EQ(Judge()->level, TrustLevel::kAttested);
}

TEST_F(TrustTest, AChainToTheModelsAnchorIsThatModel) {
  UseModel();
  policy_.anchors.clear();
  ASSERT_OK_AND_ASSIGN(TrustVerdict verdict, Judge());
  EXPECT_EQ(verdict.level, TrustLevel::kModel);
  EXPECT_EQ(verdict.model_description, "Model A");
}

TEST_F(TrustTest, AU2fModelIsFoundByTheKeyOfItsCertificate) {
  evidence_.aaguid = std::string(16, '\0');
  model_.aaguid.clear();
  model_.key_ids = {AttestationKeyId(evidence_.chain[0])};
  UseModel();
  EXPECT_EQ(Judge()->level, TrustLevel::kModel);
}

TEST_F(TrustTest, AnotherModelsAnchorDoesNotCount) {
  model_.aaguid = std::string(16, 'b');
  UseModel();
  policy_.anchors.clear();
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationUntrusted));
}

TEST_F(TrustTest, AChainToNoAnchorIsRefused) {
  policy_.anchors.clear();
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationUntrusted));
}

TEST_F(TrustTest, AChainToNoAnchorMayBeNone) {
  policy_.anchors.clear();
  policy_.accept_untrusted = true;
  EXPECT_EQ(Judge()->level, TrustLevel::kNone);
}

TEST_F(TrustTest, AnAnchorCountsForItsFormatsOnly) {
  policy_.anchors[0].formats = {"tpm"};
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationUntrusted));
  policy_.anchors[0].formats = {"tpm", "packed"};
  EXPECT_OK(Judge());
}

TEST_F(TrustTest, AnExpiredLeafCountsAsThePolicySays) {
  crypto::CertificateSpec spec = Spec("leaf", false);
  spec.not_after = kNow - absl::Seconds(1);
  evidence_.chain = {Leaf(spec)};
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationUntrusted));
  policy_.undated_formats = {kFormatU2f};
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationUntrusted));
  evidence_.format = kFormatU2f;
  EXPECT_OK(Judge());
  policy_.check_leaf_dates = false;
  evidence_.format = "packed";
  EXPECT_OK(Judge());
}

TEST_F(TrustTest, ABadModelIsRefusedWhoeverVouchesForIt) {
  model_.is_bad = true;
  model_.bad_status = "REVOKED";
  model_.anchors.clear();
  UseModel();
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationRevoked));
}

TEST_F(TrustTest, ABadModelIsRefusedWithItsOwnAttestationToo) {
  model_.is_bad = true;
  UseModel();
  evidence_.chain.clear();
  evidence_.is_self = true;
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationRevoked));
}

TEST_F(TrustTest, ABadModelIsRefusedWithoutAttestationToo) {
  model_.is_bad = true;
  UseModel();
  evidence_.chain.clear();
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationRevoked));
}

// Who has the broken key of a U2F model claims another AAGUID with it.
TEST_F(TrustTest, ABadModelIsRefusedByTheKeyOfItsCertificateToo) {
  UseModel();
  MetadataEntry bad;
  bad.key_ids = {AttestationKeyId(evidence_.chain[0])};
  bad.is_bad = true;
  bad.bad_status = "ATTESTATION_KEY_COMPROMISE";
  metadata_.Add(bad);
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationRevoked));
}

TEST_F(TrustTest, AnAnchorProvesTheAaguid) {
  EXPECT_TRUE(Judge()->proves_aaguid);
  UseModel();
  EXPECT_TRUE(Judge()->proves_aaguid);
  policy_.anchors.clear();
  EXPECT_TRUE(Judge()->proves_aaguid);
}

TEST_F(TrustTest, WithoutAnAnchorNothingProvesTheAaguid) {
  policy_.anchors.clear();
  policy_.accept_untrusted = true;
  EXPECT_FALSE(Judge()->proves_aaguid);
  evidence_.chain.clear();
  evidence_.is_self = true;
  EXPECT_FALSE(Judge()->proves_aaguid);
}

// Anybody's Android phone can claim the AAGUID of another vendor's key under
// Google's root.
TEST_F(TrustTest, AnAnchorThatIsNotTheModelsDoesNotProveItsAaguid) {
  model_.anchors = {crypto::SelfSigned(Spec("other", true), leaf_key_)};
  UseModel();
  ASSERT_OK_AND_ASSIGN(TrustVerdict verdict, Judge());
  EXPECT_EQ(verdict.level, TrustLevel::kAttested);
  EXPECT_FALSE(verdict.proves_aaguid);
}

TEST_F(TrustTest, TheKeyOfAnotherModelDoesNotProveTheAaguid) {
  model_.aaguid.clear();
  model_.key_ids = {AttestationKeyId(evidence_.chain[0])};
  UseModel();
  ASSERT_OK_AND_ASSIGN(TrustVerdict verdict, Judge());
  EXPECT_EQ(verdict.level, TrustLevel::kModel);
  EXPECT_FALSE(verdict.proves_aaguid);
  evidence_.aaguid = std::string(16, '\0');
  EXPECT_TRUE(Judge()->proves_aaguid);
}

TEST_F(TrustTest, AModelWithoutAnchorsIsProvedByThePolicys) {
  model_.anchors.clear();
  UseModel();
  ASSERT_OK_AND_ASSIGN(TrustVerdict verdict, Judge());
  EXPECT_EQ(verdict.level, TrustLevel::kAttested);
  EXPECT_TRUE(verdict.proves_aaguid);
}

TEST_F(TrustTest, AnAttestationTypeThatTheModelDoesNotHaveIsRefused) {
  UseModel();
  evidence_.chain.clear();
  evidence_.is_self = true;
  EXPECT_THAT(Judge(), HasReason(reason::kMetadataMismatch));
}

TEST_F(TrustTest, AnAlgorithmThatTheModelDoesNotHaveIsRefused) {
  UseModel();
  evidence_.algorithm = -8;
  EXPECT_THAT(Judge(), HasReason(reason::kMetadataMismatch));
}

TEST_F(TrustTest, ALevelBelowTheLeastIsRefused) {
  policy_.least = TrustLevel::kAttested;
  EXPECT_OK(Judge());
  policy_.least = TrustLevel::kModel;
  EXPECT_THAT(Judge(), HasReason(reason::kAttestationUntrusted));
}

// The repair of certificates with unused bits; see trust.cc.
class UnusedBitsTest : public testing::Test {
 protected:
  crypto::Certificate Root() const {
    return crypto::SelfSigned(Spec(root_name_, true), root_key_);
  }

  // A leaf whose signature claims one unused bit.
  std::string Leaf() const {
    std::string der = crypto::BuildCertificate(
        Spec(leaf_name_, false), leaf_key_.public_key().Spki(),
        crypto::EncodeName(crypto::CommonName(root_name_)),
        crypto::SignerFor(signer_));
    crypto::der::Reader fields(
        *crypto::der::ReadWhole(crypto::der::kSequence, der));
    (void)fields.ReadAny();
    (void)fields.ReadAny();
    der[fields.Read(crypto::der::kBitString)->data() - der.data()] = '\1';
    return der;
  }

  absl::StatusOr<crypto::Certificate> Parse() const {
    return ParseAttestationCertificate(Leaf(), {{Root(), {}}});
  }

  std::string root_name_ = "Yubico U2F Root CA Serial 457200631";
  std::string leaf_name_ = "Yubico U2F EE Serial 13831167861";
  const crypto::P256PrivateKey root_key_ = crypto::P256PrivateKey::Generate();
  const crypto::P256PrivateKey leaf_key_ = crypto::P256PrivateKey::Generate();
  crypto::P256PrivateKey signer_ = root_key_;
};

TEST_F(UnusedBitsTest, AKnownOneUnderTheTrustedRootIsRepaired) {
  ASSERT_OK_AND_ASSIGN(crypto::Certificate leaf, Parse());
  EXPECT_OK(leaf.CheckSignedBy(Root()));
}

TEST_F(UnusedBitsTest, AnotherNameIsNotRepaired) {
  leaf_name_ = "Yubico U2F EE Serial 13831167862";
  EXPECT_FALSE(Parse().ok());
}

TEST_F(UnusedBitsTest, AnotherRootIsNotTrusted) {
  root_name_ = "Yubico U2F Root CA Serial 457200632";
  EXPECT_FALSE(Parse().ok());
}

TEST_F(UnusedBitsTest, ASignatureOfAnotherKeyIsNotRepaired) {
  signer_ = leaf_key_;
  EXPECT_FALSE(Parse().ok());
}

TEST_F(UnusedBitsTest, WithoutTheAnchorNothingIsRepaired) {
  EXPECT_FALSE(ParseAttestationCertificate(Leaf(), {}).ok());
  EXPECT_FALSE(ParseAttestationCertificate(Leaf(), RepairAnchors({})).ok());
}

TEST_F(UnusedBitsTest, TheRootInTheMetadataRepairsToo) {
  MetadataEntry entry;
  entry.key_ids = {std::string(40, 'a')};
  entry.anchors = {Root()};
  MetadataTable table;
  table.Add(entry);
  TrustPolicy policy;
  policy.metadata = &table;
  EXPECT_OK(ParseAttestationCertificate(Leaf(), RepairAnchors(policy)));
}

TEST_F(UnusedBitsTest, AnotherRootInTheMetadataRepairsNothing) {
  root_name_ = "Another Root";
  MetadataEntry entry;
  entry.key_ids = {std::string(40, 'a')};
  entry.anchors = {Root()};
  MetadataTable table;
  table.Add(entry);
  TrustPolicy policy;
  policy.metadata = &table;
  EXPECT_TRUE(RepairAnchors(policy).empty());
}

TEST_F(UnusedBitsTest, OtherFaultsAreNotRepaired) {
  EXPECT_FALSE(ParseAttestationCertificate("x", {{Root(), {}}}).ok());
  EXPECT_FALSE(ParseAttestationCertificate(Leaf() + "x", {{Root(), {}}}).ok());
}

}  // namespace
}  // namespace u2fi::fido
