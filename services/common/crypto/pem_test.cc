#include "services/common/crypto/pem.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::crypto {
namespace {

TEST(PemTest, RoundTripsSeveralBlocks) {
  const std::string first(100, '\1'), second = "second";
  const std::string text = "a comment\n" + ToPem(kPemCertificate, first) +
                           ToPem("OTHER", "skipped") +
                           ToPem(kPemCertificate, second);
  EXPECT_THAT(FromPem(kPemCertificate, text),
              IsOkAndHolds(testing::ElementsAre(first, second)));
}

TEST(PemTest, LinesHave64Characters) {
  const std::string pem = ToPem(kPemCertificate, std::string(100, 'x'));
  EXPECT_EQ(pem.find('\n', pem.find('\n') + 1) - pem.find('\n') - 1, 64u);
}

TEST(PemTest, CarriageReturnsAreSkipped) {
  EXPECT_THAT(FromPem("X", "-----BEGIN X-----\r\nQUJD\r\n-----END X-----\r\n"),
              IsOkAndHolds(testing::ElementsAre("ABC")));
}

TEST(PemTest, TextWithoutABlockIsRefused) {
  EXPECT_FALSE(FromPem(kPemCertificate, "").ok());
  EXPECT_FALSE(FromPem(kPemCertificate, ToPem("OTHER", "x")).ok());
}

TEST(PemTest, ABlockWithoutAnEndIsRefused) {
  EXPECT_FALSE(FromPem("X", "-----BEGIN X-----\nQUJD\n").ok());
}

TEST(PemTest, ABlockThatIsNotBase64IsRefused) {
  EXPECT_FALSE(FromPem("X", "-----BEGIN X-----\n!!\n-----END X-----\n").ok());
  EXPECT_FALSE(FromPem("X", "-----BEGIN X----------END X-----\n").ok());
}

TEST(PemTest, MoreThanAMebibyteIsRefused) {
  const std::string text = ToPem("X", "x") + std::string(size_t{1} << 20, ' ');
  EXPECT_FALSE(FromPem("X", text).ok());
}

}  // namespace
}  // namespace u2fi::crypto
