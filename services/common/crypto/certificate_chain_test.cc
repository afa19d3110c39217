#include "services/common/crypto/certificate_chain.h"

#include "services/common/crypto/certificate_builder.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

constexpr auto kRefused = absl::StatusCode::kPermissionDenied;

// root → first → second → leaf; each case spoils one thing.
class CertificateChainTest : public testing::Test {
 protected:
  CertificateChainTest() {
    for (CertificateSpec* spec : {&root_, &first_, &second_, &leaf_}) {
      spec->serial = "\x01";
      spec->not_before = now_ - absl::Hours(1);
      spec->not_after = now_ + absl::Hours(1);
      spec->is_ca = spec != &leaf_;
    }
    root_.subject = CommonName("root");
    first_.subject = CommonName("first");
    second_.subject = CommonName("second");
    leaf_.subject = CommonName("leaf");
  }

  // Signs what the specs say.
  void Build() {
    const Certificate root = SelfSigned(root_, keys_[0]);
    const Certificate first =
        IssueCertificate(first_, keys_[1].public_key(), root, keys_[0]);
    const Certificate second =
        IssueCertificate(second_, keys_[2].public_key(), first, keys_[1]);
    chain_ = {IssueCertificate(leaf_, leaf_key_, second, keys_[2]), second,
              first};
    anchors_ = {root};
  }

  absl::StatusOr<Certificate> Follow() const {
    return FollowChain(chain_, anchors_, options_);
  }

  const absl::Time now_ = absl::FromUnixSeconds(1700000000);
  ChainOptions options_{now_, true};
  const std::vector<P256PrivateKey> keys_ = {P256PrivateKey::Generate(),
                                             P256PrivateKey::Generate(),
                                             P256PrivateKey::Generate()};
  const P256PublicKey leaf_key_ = P256PrivateKey::Generate().public_key();
  CertificateSpec root_, first_, second_, leaf_;
  std::vector<Certificate> chain_, anchors_;
};

TEST_F(CertificateChainTest, AGoodChainLeadsToItsAnchor) {
  Build();
  ASSERT_OK_AND_ASSIGN(Certificate anchor, Follow());
  EXPECT_EQ(anchor.der(), anchors_[0].der());
}

TEST_F(CertificateChainTest, TheAnchorMayStandAtTheEnd) {
  Build();
  chain_.push_back(anchors_[0]);
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, AnIntermediateMayBeTheAnchor) {
  Build();
  anchors_ = {chain_[2]};
  EXPECT_OK(Follow());
  anchors_ = {chain_[1]};
  chain_.erase(chain_.begin() + 1, chain_.end());
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, TheLeafMayBeTheAnchor) {
  Build();
  anchors_ = {chain_[0]};
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, WithoutAnchorsItIsRefused) {
  Build();
  anchors_.clear();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnEmptyChainIsRefused) {
  Build();
  chain_.clear();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, ATooLongChainIsRefused) {
  Build();
  chain_.resize(kMaxChainSize + 1, chain_[2]);
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AMissingIntermediateIsRefused) {
  Build();
  chain_.erase(chain_.begin() + 1);
  EXPECT_THAT(Follow(), StatusIs(absl::StatusCode::kPermissionDenied));
}

TEST_F(CertificateChainTest, AnotherAnchorOfTheSameNameIsRefused) {
  Build();
  anchors_ = {SelfSigned(root_, keys_[1])};
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, TheRightOneOfTwoAnchorsOfANameIsFound) {
  Build();
  anchors_.insert(anchors_.begin(), SelfSigned(root_, keys_[1]));
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, AnIntermediateThatIsNoCaIsRefused) {
  second_.is_ca = false;
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnIntermediateWithoutConstraintsIsRefused) {
  second_.without_constraints = true;
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnAnchorThatIsNoCaIsRefused) {
  root_.is_ca = false;
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnAnchorOfVersion1MaySign) {
  root_.version = 1;
  Build();
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, PathLengthsAreKept) {
  root_.path_length = 2;
  first_.path_length = 1;
  second_.path_length = 0;
  Build();
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, AnAnchorsPathLengthThatIsTooShortIsRefused) {
  root_.path_length = 1;
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnIntermediatesPathLengthThatIsTooShortIsRefused) {
  first_.path_length = 0;
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, DatesIncludeTheirEnds) {
  leaf_.not_before = leaf_.not_after = now_;
  Build();
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, AnExpiredLeafIsRefused) {
  leaf_.not_after = now_ - absl::Seconds(1);
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, ALeafFromTheFutureIsRefused) {
  leaf_.not_before = now_ + absl::Seconds(1);
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnExpiredLeafPassesIfItsDatesDoNotCount) {
  leaf_.not_after = now_ - absl::Seconds(1);
  Build();
  options_.check_leaf_dates = false;
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, AnExpiredIntermediateIsRefusedAllTheSame) {
  second_.not_after = now_ - absl::Seconds(1);
  Build();
  options_.check_leaf_dates = false;
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnExpiredAnchorCounts) {
  root_.not_after = now_ - absl::Seconds(1);
  Build();
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, AnExpiredLeafThatIsTheAnchorCounts) {
  leaf_.not_after = now_ - absl::Seconds(1);
  Build();
  anchors_ = {chain_[0]};
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, AnUnknownCriticalExtensionIsRefused) {
  leaf_.extensions = {{"1.2.3.4", true, ""}};
  Build();
  EXPECT_THAT(Follow(), StatusIs(kRefused));
}

TEST_F(CertificateChainTest, AnUnknownExtensionThatIsNotCriticalPasses) {
  leaf_.extensions = {{"1.2.3.4", false, ""}};
  Build();
  EXPECT_OK(Follow());
}

TEST_F(CertificateChainTest, ABrokenSignatureInTheMiddleIsRefused) {
  Build();
  chain_[1] =
      IssueCertificate(second_, keys_[2].public_key(), chain_[2], keys_[0]);
  EXPECT_FALSE(Follow().ok());
}

}  // namespace
}  // namespace u2fi::crypto
