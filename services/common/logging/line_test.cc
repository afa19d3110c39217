#include "services/common/logging/line.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace u2fi::logging {
namespace {

using nlohmann::json;

class LineTest : public testing::Test {
 protected:
  Line With(const Fields& fields) const {
    Line line;
    line.time = absl::FromUnixNanos(1'700'000'000'000'000'001);
    line.severity = Severity::kWarning;
    line.message = "went wrong";
    line.service = "challenge";
    line.version = "1.2.3";
    line.fields = &fields;
    return line;
  }
  json Parsed(const Fields& fields) const {
    return json::parse(ToJson(With(fields)));
  }
};

TEST_F(LineTest, HasTheFixedMembersInOrder) {
  EXPECT_EQ(ToJson(With({})),
            R"({"ts":"2023-11-14T22:13:20.000000001Z","severity":"WARNING",)"
            R"("msg":"went wrong","service":"challenge","version":"1.2.3"})");
}

TEST_F(LineTest, KeepsTheTypesOfFields) {
  const json line = Parsed({{"text", "a"},
                            {"string", std::string("b")},
                            {"int", -3},
                            {"big", std::numeric_limits<uint64_t>::max()},
                            {"bool", true},
                            {"double", 0.5},
                            {"dur_ms", absl::Microseconds(1500)}});
  EXPECT_EQ(line["text"], "a");
  EXPECT_EQ(line["string"], "b");
  EXPECT_EQ(line["int"], -3);
  EXPECT_EQ(line["big"], std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(line["bool"], true);
  EXPECT_EQ(line["double"], 0.5);
  EXPECT_EQ(line["dur_ms"], 1.5);
}

TEST_F(LineTest, AddsTheContextWithoutItsEmptyMembers) {
  const Context context{"t1", "", "/a/B", "spiffe://x/service/y"};
  const Fields none = {};
  Line line = With(none);
  line.context = &context;
  const json parsed = json::parse(ToJson(line));
  EXPECT_EQ(parsed["trace_id"], "t1");
  EXPECT_EQ(parsed["rpc"], "/a/B");
  EXPECT_EQ(parsed["peer"], "spiffe://x/service/y");
  EXPECT_FALSE(parsed.contains("request_id"));
}

TEST_F(LineTest, IsOneLineWhateverTheTextHas) {
  const std::string line = ToJson(With({{"a\n", "b\r\n\x01\""}}));
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_EQ(line.find('\r'), std::string::npos);
  EXPECT_EQ(json::parse(line)["a\n"], "b\r\n\x01\"");
}

TEST_F(LineTest, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(Parsed({{"a", "x\xff"}})["a"], "x\xef\xbf\xbd");
}

TEST_F(LineTest, CutsLongTexts) {
  const std::string text = Parsed({{"a", std::string(5000, 'x')}})["a"];
  EXPECT_EQ(text.size(), kMaxText);
  EXPECT_EQ(text.substr(kMaxText - 4), "x...");
}

TEST_F(LineTest, KeepsATextOfExactlyTheLimit) {
  const std::string text(kMaxText, 'x');
  EXPECT_EQ(Parsed({{"a", text}})["a"], text);
}

TEST_F(LineTest, CutsALongMessage) {
  const std::string message(5000, 'x');
  const Fields none = {};
  Line line = With(none);
  line.message = message;
  EXPECT_EQ(json::parse(ToJson(line))["msg"].get<std::string>().size(),
            kMaxText);
}

TEST_F(LineTest, NoFieldHidesAFixedMember) {
  const json line = Parsed({{"msg", "forged"}, {"severity", "INFO"}});
  EXPECT_EQ(line["msg"], "went wrong");
  EXPECT_EQ(line["severity"], "WARNING");
  EXPECT_EQ(line["field_msg"], "forged");
}

TEST_F(LineTest, NoFieldHidesAnEarlierOne) {
  const json line = Parsed({{"a", 1}, {"a", 2}});
  EXPECT_EQ(line["a"], 1);
  EXPECT_EQ(line["field_a"], 2);
}

TEST_F(LineTest, DropsFieldsBeyondTheLimitAndCountsThem) {
  const Field f("f", 1);
  const json line = Parsed({f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, f,
                            f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, f, f});
  EXPECT_EQ(line["dropped_fields"], 2);
  EXPECT_EQ(line.size(), 5 + kMaxFields + 1);
}

TEST_F(LineTest, TextIsForPeople) {
  EXPECT_EQ(ToText(With({{"n", 1}, {"s", "a b"}})),
            R"(22:13:20.000 WARNING went wrong n=1 s="a b")");
}

TEST_F(LineTest, TextEscapesControlCharacters) {
  const Fields fields = {{"a", "x\n\x1b[31m"}};
  Line line = With(fields);
  line.message = "one\nERROR forged";
  const std::string text = ToText(line);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, testing::HasSubstr("one\\nERROR forged"));
}

}  // namespace
}  // namespace u2fi::logging
