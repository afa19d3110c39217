#include "services/common/rpc/request_checks.h"

#include <limits>
#include <string>

#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

using google::protobuf::Duration;
using google::protobuf::Timestamp;

Duration DurationOf(int64_t seconds, int32_t nanos) {
  Duration value;
  value.set_seconds(seconds);
  value.set_nanos(nanos);
  return value;
}

Timestamp TimestampOf(int64_t seconds, int32_t nanos) {
  Timestamp value;
  value.set_seconds(seconds);
  value.set_nanos(nanos);
  return value;
}

int SizeOf(int64_t page_size) { return ReadPage(page_size, "", "l")->size; }

TEST(ReadPageTest, HasADefaultSizeAndAMaximum) {
  EXPECT_EQ(SizeOf(0), 100);
  EXPECT_EQ(SizeOf(1), 1);
  EXPECT_EQ(SizeOf(1000), 1000);
  EXPECT_EQ(SizeOf(1001), 1000);
  EXPECT_EQ(SizeOf(std::numeric_limits<int64_t>::max()), 1000);
}

TEST(ReadPageTest, RefusesANegativeSize) {
  EXPECT_THAT(ReadPage(-1, "", "l"), HasReason(reason::kInvalidField));
}

TEST(ReadPageTest, StartsAtTheStart) {
  ASSERT_OK_AND_ASSIGN(const Page page, ReadPage(0, "", "l"));
  EXPECT_EQ(page.after, "");
}

TEST(ReadPageTest, GoesOnWhereTheTokenSays) {
  const std::string position("device/\0\xff", 9);
  ASSERT_OK_AND_ASSIGN(const Page page,
                       ReadPage(0, PageToken(position, "l"), "l"));
  EXPECT_EQ(page.after, position);
}

TEST(ReadPageTest, TakesTheLongestPosition) {
  const std::string position(kMaxPosition, 'x');
  ASSERT_OK_AND_ASSIGN(const Page page,
                       ReadPage(0, PageToken(position, "l"), "l"));
  EXPECT_EQ(page.after, position);
}

TEST(ReadPageTest, RefusesTheTokenOfAnotherList) {
  EXPECT_THAT(ReadPage(0, PageToken("p", "tenant t1"), "tenant t2"),
              HasReason(reason::kPageTokenInvalid));
}

TEST(ReadPageTest, RefusesWhatIsNotAToken) {
  const std::string good = PageToken("position", "l");
  // The last character has bits that no byte needs.
  std::string second_spelling = good;
  ++second_spelling.back();
  for (const std::string& bad :
       {std::string("x"), std::string("!!!!"), good.substr(1), second_spelling,
        good + "=", " " + good, std::string(385, 'A')}) {
    EXPECT_THAT(ReadPage(0, bad, "l"), HasReason(reason::kPageTokenInvalid))
        << bad;
  }
}

TEST(ReadPageTest, RefusesATokenWithoutAPosition) {
  std::string tag;
  // The tag alone: eight bytes are eleven characters.
  tag = PageToken(std::string(1, '\0'), "l").substr(0, 11);
  EXPECT_THAT(ReadPage(0, tag, "l"), HasReason(reason::kPageTokenInvalid));
}

TEST(PageTokenTest, ThereIsNoneAfterTheLastPage) {
  EXPECT_EQ(PageToken("", "l"), "");
}

TEST(CheckDurationTest, HoldsItsEnds) {
  EXPECT_THAT(
      CheckDuration("d", DurationOf(1, 0), absl::Seconds(1), absl::Seconds(1)),
      IsOkAndHolds(absl::Seconds(1)));
  EXPECT_THAT(
      CheckDuration("d", DurationOf(1, 1), absl::Seconds(1), absl::Seconds(1)),
      HasReason(reason::kInvalidField));
  EXPECT_THAT(CheckDuration("d", DurationOf(0, 999'999'999), absl::Seconds(1),
                            absl::Seconds(1)),
              HasReason(reason::kInvalidField));
}

TEST(CheckDurationTest, TakesEveryWellFormedOne) {
  for (const Duration& good :
       {DurationOf(315'576'000'000, 0), DurationOf(-315'576'000'000, 0),
        DurationOf(0, 999'999'999), DurationOf(0, -999'999'999),
        DurationOf(-1, -1), DurationOf(1, 1), DurationOf(-1, 0)}) {
    EXPECT_OK(CheckDuration("d", good, -absl::InfiniteDuration(),
                            absl::InfiniteDuration()))
        << good.ShortDebugString();
  }
}

TEST(CheckDurationTest, RefusesMalformedOnes) {
  const int64_t too_long = 315'576'000'001;
  for (const Duration& bad :
       {DurationOf(1, -1), DurationOf(-1, 1), DurationOf(0, 1'000'000'000),
        DurationOf(0, std::numeric_limits<int32_t>::min()),
        DurationOf(too_long, 0), DurationOf(-too_long, 0),
        DurationOf(std::numeric_limits<int64_t>::min(), 0)}) {
    EXPECT_THAT(CheckDuration("d", bad, -absl::InfiniteDuration(),
                              absl::InfiniteDuration()),
                HasReason(reason::kInvalidField))
        << bad.ShortDebugString();
  }
}

TEST(CheckTimeTest, HoldsItsEnds) {
  const absl::Time time = absl::FromUnixSeconds(5);
  EXPECT_THAT(CheckTime("t", TimestampOf(5, 0), time, time),
              IsOkAndHolds(time));
  EXPECT_THAT(CheckTime("t", TimestampOf(5, 1), time, time),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(CheckTime("t", TimestampOf(4, 999'999'999), time, time),
              HasReason(reason::kInvalidField));
}

TEST(CheckTimeTest, TakesEveryWellFormedOne) {
  for (const Timestamp& good : {TimestampOf(253'402'300'799, 999'999'999),
                                TimestampOf(-62'135'596'800, 0)}) {
    EXPECT_OK(
        CheckTime("t", good, absl::InfinitePast(), absl::InfiniteFuture()))
        << good.ShortDebugString();
  }
}

TEST(CheckTimeTest, RefusesMalformedOnes) {
  for (const Timestamp& bad :
       {TimestampOf(0, -1), TimestampOf(0, 1'000'000'000),
        TimestampOf(253'402'300'800, 0), TimestampOf(-62'135'596'801, 0)}) {
    EXPECT_THAT(
        CheckTime("t", bad, absl::InfinitePast(), absl::InfiniteFuture()),
        HasReason(reason::kInvalidField))
        << bad.ShortDebugString();
  }
}

TEST(CheckSizeTest, HoldsItsEnds) {
  EXPECT_OK(CheckSize("b", "ab", 2, 3));
  EXPECT_OK(CheckSize("b", "abc", 2, 3));
  EXPECT_EQ(CheckSize("b", "a", 2, 3).message(),
            "field b: must have from 2 to 3 bytes");
  EXPECT_EQ(CheckSize("b", "abcd", 2, 3).message(),
            "field b: must have from 2 to 3 bytes");
  EXPECT_EQ(CheckSize("b", "a", 2, 2).message(), "field b: must have 2 bytes");
  EXPECT_EQ(CheckSize("b", "", 2, 2).message(), "field b: is required");
}

}  // namespace
}  // namespace u2fi::rpc
