#include "services/common/logging/logging.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace u2fi::logging {
namespace {

using nlohmann::json;

// Each case starts a log of its own and reads stderr.
class LoggingTest : public testing::Test {
 protected:
  void SetUp() override { testing::internal::CaptureStderr(); }

  static void StartJson(Severity level) {
    Start({"challenge", "1.2.3", level, Format::kJson});
  }
  static std::vector<json> Lines() {
    const std::string text = testing::internal::GetCapturedStderr();
    std::vector<json> lines;
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      if (!line.empty()) lines.push_back(json::parse(line));
    }
    return lines;
  }
};

TEST_F(LoggingTest, WritesOneJsonObjectALine) {
  StartJson(Severity::kInfo);
  Info("first", {{"n", 1}});
  Error("second");
  const std::vector<json> lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["msg"], "first");
  EXPECT_EQ(lines[0]["n"], 1);
  EXPECT_EQ(lines[0]["service"], "challenge");
  EXPECT_EQ(lines[0]["version"], "1.2.3");
  EXPECT_EQ(lines[1]["severity"], "ERROR");
}

TEST_F(LoggingTest, DropsWhatIsBelowTheLevel) {
  StartJson(Severity::kWarning);
  Debug("a");
  Info("b");
  Warning("c");
  Error("d");
  const std::vector<json> lines = Lines();
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["msg"], "c");
  EXPECT_EQ(lines[1]["msg"], "d");
}

TEST_F(LoggingTest, ChangesTheLevelWhileRunning) {
  StartJson(Severity::kError);
  Debug("dropped");
  SetLevel(Severity::kDebug);
  Debug("kept");
  EXPECT_EQ(Level(), Severity::kDebug);
  const std::vector<json> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["msg"], "kept");
}

TEST_F(LoggingTest, TellsItsLevel) {
  for (const Severity level : {Severity::kDebug, Severity::kInfo,
                               Severity::kWarning, Severity::kError}) {
    SetLevel(level);
    EXPECT_EQ(Level(), level);
  }
  Lines();
}

TEST_F(LoggingTest, WritesTextOnRequest) {
  Start({"challenge", "1", Severity::kInfo, Format::kText});
  Info("hello", {{"n", 1}});
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::EndsWith(" INFO hello n=1\n"));
}

TEST_F(LoggingTest, PercentAndBracesAreOnlyText) {
  StartJson(Severity::kInfo);
  Info("{} %s %v {0}", {{"a", "{} %n"}});
  const std::vector<json> lines = Lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0]["msg"], "{} %s %v {0}");
  EXPECT_EQ(lines[0]["a"], "{} %n");
}

TEST_F(LoggingTest, AddsTheContextOfTheThread) {
  StartJson(Severity::kInfo);
  const Context outer{"t1", "r1", "", ""};
  const Context inner{"t2", "", "", ""};
  {
    ContextScope scope(outer);
    { ContextScope nested(inner), other(inner); }
    Info("in");
  }
  Info("out");
  const std::vector<json> lines = Lines();
  EXPECT_EQ(lines[0]["trace_id"], "t1");
  EXPECT_EQ(lines[0]["request_id"], "r1");
  EXPECT_FALSE(lines[1].contains("trace_id"));
}

TEST_F(LoggingTest, AnotherThreadHasAnotherContext) {
  StartJson(Severity::kInfo);
  const Context context{"t1", "", "", ""};
  ContextScope scope(context);
  std::thread([] { Info("x"); }).join();
  EXPECT_FALSE(Lines()[0].contains("trace_id"));
}

TEST_F(LoggingTest, LinesOfManyThreadsDoNotMix) {
  StartJson(Severity::kInfo);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i)
        Info("line", {{"a", std::string(300, 'x')}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Lines().size(), 400u);
}

TEST(SeverityTest, ReadsTheWordsOfTheConfiguration) {
  EXPECT_EQ(ParseSeverity("debug"), Severity::kDebug);
  EXPECT_EQ(ParseSeverity("info"), Severity::kInfo);
  EXPECT_EQ(ParseSeverity("warning"), Severity::kWarning);
  EXPECT_EQ(ParseSeverity("error"), Severity::kError);
  EXPECT_EQ(ParseSeverity("INFO"), absl::nullopt);
  EXPECT_EQ(ParseSeverity(""), absl::nullopt);
}

}  // namespace
}  // namespace u2fi::logging
