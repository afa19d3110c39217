#include "services/common/rpc/trace_context.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"

namespace u2fi::rpc {
namespace {

constexpr char kHeader[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceContextTest, ReadsTheExampleOfTheStandard) {
  const absl::optional<TraceContext> trace = ParseTraceparent(kHeader);
  ASSERT_TRUE(trace.has_value());
  EXPECT_EQ(trace->trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(trace->span_id, "b7ad6b7169203331");
  EXPECT_TRUE(trace->sampled);
}

TEST(TraceContextTest, WritesWhatItReads) {
  EXPECT_EQ(ToTraceparent(*ParseTraceparent(kHeader)), kHeader);
}

TEST(TraceContextTest, ReadsOtherFlagsAsNotSampled) {
  std::string header = kHeader;
  header.back() = '2';
  EXPECT_FALSE(ParseTraceparent(header)->sampled);
}

TEST(TraceContextTest, RefusesMalformedHeaders) {
  const std::string good = kHeader;
  for (const std::string& bad :
       {std::string(), good + "0", good.substr(1), "01" + good.substr(2),
        "ff" + good.substr(2), std::string(good).replace(35, 1, "_"),
        std::string(good).replace(52, 1, "_"),
        std::string(good).replace(3, 1, "A"),
        std::string(good).replace(40, 1, "G"),
        std::string(good).replace(54, 1, "x"),
        std::string(good).replace(3, 32, 32, '0'),
        std::string(good).replace(36, 16, 16, '0')}) {
    EXPECT_FALSE(ParseTraceparent(bad).has_value()) << bad;
  }
}

TEST(TraceContextTest, ASpanStaysInTheTraceOfItsCaller) {
  FakeRandomSource random;
  const TraceContext span = StartSpan(kHeader, random);
  EXPECT_EQ(span.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_NE(span.span_id, "b7ad6b7169203331");
  EXPECT_TRUE(span.sampled);
}

TEST(TraceContextTest, ASpanWithoutACallerStartsATrace) {
  FakeRandomSource random;
  const TraceContext first = StartSpan("", random);
  const TraceContext second = StartSpan("junk", random);
  EXPECT_THAT(first.trace_id, testing::MatchesRegex("[0-9a-f]{32}"));
  EXPECT_THAT(first.span_id, testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_NE(first.trace_id, second.trace_id);
  EXPECT_FALSE(first.sampled);
}

}  // namespace
}  // namespace u2fi::rpc
