#include "services/common/u2fhid/report_descriptor.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/fake_descriptor.h"

namespace u2fi::u2fhid {
namespace {

std::string Bytes(absl::string_view hex) { return absl::HexStringToBytes(hex); }

// The good descriptor with one place changed.
std::string With(absl::string_view from, absl::string_view to) {
  const std::string good = FidoDescriptor();
  std::string changed = absl::StrReplaceAll(good, {{Bytes(from), Bytes(to)}});
  EXPECT_NE(changed, good) << from;
  return changed;
}

void ExpectRefused(absl::string_view descriptor, absl::string_view problem) {
  const absl::Status status = CheckFidoDescriptor(descriptor);
  ASSERT_THAT(status, HasReason(reason::kInvalidField));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr(problem));
}

TEST(ReportDescriptorTest, TheStandardsExampleIsAFidoToken) {
  EXPECT_OK(CheckFidoDescriptor(FidoDescriptor()));
}

TEST(ReportDescriptorTest, AKeyWithAKeyboardBesideIsAFidoToken) {
  EXPECT_OK(CheckFidoDescriptor(
      absl::StrCat(KeyboardDescriptor(), FidoDescriptor())));
}

TEST(ReportDescriptorTest, AUsageMayCarryItsPage) {
  // Usage 0xF1D00001 in four bytes, under another page.
  EXPECT_OK(CheckFidoDescriptor(With("06d0f10901", "05010b0100d0f1")));
}

TEST(ReportDescriptorTest, LongItemsAreSkipped) {
  EXPECT_OK(
      CheckFidoDescriptor(absl::StrCat(Bytes("fe02aa0102"), FidoDescriptor())));
}

TEST(ReportDescriptorTest, GlobalItemsComeBackAfterAPop) {
  EXPECT_OK(CheckFidoDescriptor(With("8102",
                                     "a4"
                                     "7501"
                                     "9501"
                                     "b4"
                                     "8102")));
}

TEST(ReportDescriptorTest, AKeyboardIsNone) {
  ExpectRefused(KeyboardDescriptor(), "not a FIDO");
}

TEST(ReportDescriptorTest, NothingIsNone) { ExpectRefused("", "not a FIDO"); }

TEST(ReportDescriptorTest, AnotherPageIsNone) {
  ExpectRefused(With("06d0f1", "06d1f1"), "not a FIDO");
}

TEST(ReportDescriptorTest, AnotherUsageIsNone) {
  ExpectRefused(With("0901", "0902"), "not a FIDO");
}

TEST(ReportDescriptorTest, APageWithoutACollectionIsNone) {
  ExpectRefused(Bytes("06d0f10901"), "not a FIDO");
}

TEST(ReportDescriptorTest, AnInnerCollectionIsNone) {
  // The same, inside a collection of a mouse.
  ExpectRefused(
      absl::StrCat(Bytes("05010902a101"), FidoDescriptor(), Bytes("c0")),
      "not a FIDO");
}

TEST(ReportDescriptorTest, ReportIdsAreRefused) {
  ExpectRefused(With("a1010920", "a10185010920"), "report ids");
}

TEST(ReportDescriptorTest, ASecondInputIsRefused) {
  ExpectRefused(With("8102", "81028102"), "one input");
}

TEST(ReportDescriptorTest, NoOutputIsRefused) {
  ExpectRefused(With("9102", ""), "one input");
}

TEST(ReportDescriptorTest, ReportsOf63BytesAreRefused) {
  ExpectRefused(With("9540", "953f"), "64 bytes");
}

TEST(ReportDescriptorTest, ReportsOf65BytesAreRefused) {
  ExpectRefused(With("9540", "9541"), "64 bytes");
}

TEST(ReportDescriptorTest, ItemsOf16BitsAreRefused) {
  ExpectRefused(With("7508", "7510"), "64 bytes");
}

TEST(ReportDescriptorTest, ACutItemIsRefused) {
  const std::string good = FidoDescriptor();
  ExpectRefused(absl::StrCat(good, Bytes("06d0")), "cut off");
  ExpectRefused(absl::StrCat(good, Bytes("fe")), "cut off");
  ExpectRefused(absl::StrCat(good, Bytes("fe03aa01")), "cut off");
}

TEST(ReportDescriptorTest, AnOpenCollectionIsRefused) {
  ExpectRefused(With("9102c0", "9102"), "open collection");
}

TEST(ReportDescriptorTest, AnEndTooManyIsRefused) {
  ExpectRefused(With("9102c0", "9102c0c0"), "did not begin");
}

TEST(ReportDescriptorTest, APopTooManyIsRefused) {
  ExpectRefused(With("8102", "b48102"), "not stored");
}

TEST(ReportDescriptorTest, SeventeenStoredStatesAreRefused) {
  std::string pushes(16, '\xa4');
  EXPECT_OK(CheckFidoDescriptor(pushes + FidoDescriptor()));
  ExpectRefused(pushes + "\xa4" + FidoDescriptor(), "stores too much");
}

TEST(ReportDescriptorTest, SeventeenOpenCollectionsAreRefused) {
  const std::string begin = absl::StrCat(FidoDescriptor(), Bytes("0600ff"));
  std::string deep = begin;
  for (int i = 0; i < 17; ++i) deep += Bytes("a101");
  ExpectRefused(deep + std::string(17, '\xc0'), "too deep");
  deep.resize(deep.size() - 2);
  EXPECT_OK(CheckFidoDescriptor(deep + std::string(16, '\xc0')));
}

TEST(ReportDescriptorTest, TheLongestIsReadAndAByteMoreRefused) {
  std::string longest = FidoDescriptor();
  // Empty padding: logical minimum without a value.
  longest += std::string(kMaxReportDescriptor - longest.size(), '\x14');
  EXPECT_OK(CheckFidoDescriptor(longest));
  ExpectRefused(longest + '\x14', "too long");
}

}  // namespace
}  // namespace u2fi::u2fhid
