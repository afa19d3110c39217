#include "services/common/fido/strict_json.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::fido {
namespace {

bool Reads(absl::string_view text, const JsonLimits& limits = {}) {
  StrictJsonHandler handler;
  return ReadStrictJson(text, limits, handler);
}

// Writes down every value with where it stands.
class Recorder : public StrictJsonHandler {
 public:
  bool OnString(std::string& value) override {
    return Note("\"" + value + "\"");
  }
  bool OnBoolean(bool value) override { return Note(value ? "true" : "false"); }
  bool OnOther() override { return Note("other"); }

  std::vector<std::string> notes;

 private:
  bool Note(const std::string& what) {
    std::string path;
    for (size_t d = 1; d <= Depth(); ++d) absl::StrAppend(&path, "/", Key(d));
    notes.push_back(path + "=" + what);
    return true;
  }
};

TEST(StrictJsonTest, GivesEveryValueWithItsPlace) {
  Recorder recorder;
  ASSERT_TRUE(ReadStrictJson(
      R"( { "a" : "x" ,"b":[1, true,{"c":null}],"d":{"e":"y"} } )", {},
      recorder));
  EXPECT_THAT(recorder.notes,
              testing::ElementsAre("=other", "/a=\"x\"", "/b=other",
                                   "/b/=other", "/b/=true", "/b/=other",
                                   "/b//c=other", "/d=other", "/d/e=\"y\""));
}

TEST(StrictJsonTest, EscapesAreDecoded) {
  Recorder recorder;
  ASSERT_TRUE(
      ReadStrictJson(R"({"\u0061":"\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00"})",
                     {}, recorder));
  EXPECT_EQ(recorder.notes[1],
            "/a=\"\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}

TEST(StrictJsonTest, AControlCharacterIsSeenWhereverItStands) {
  for (size_t at = 0; at < 24; ++at) {
    for (const char bad : {'\0', '\x01', '\x1f', '\n'}) {
      std::string text(24, 'x');
      text[at] = bad;
      EXPECT_FALSE(Reads("{\"a\":\"" + text + "\"}")) << at;
    }
  }
}

TEST(StrictJsonTest, AnEscapeIsSeenWhereverItStands) {
  for (size_t at = 0; at < 24; ++at) {
    const std::string before(at, 'x'), after(24 - at, '\x7f');
    Recorder recorder;
    ASSERT_TRUE(ReadStrictJson(
        absl::StrCat("{\"a\":\"", before, "\\\"\\\\", after, "\"}"), {},
        recorder));
    EXPECT_EQ(recorder.notes[1],
              absl::StrCat("/a=\"", before, "\"\\", after, "\""));
  }
}

TEST(StrictJsonTest, AnEscapedZeroStaysInTheText) {
  Recorder recorder;
  ASSERT_TRUE(ReadStrictJson(R"({"a":"x\u0000y"})", {}, recorder));
  EXPECT_EQ(recorder.notes[1].size(), 8u);
}

TEST(StrictJsonTest, NumbersOfTheGrammarAreTaken) {
  for (const char* text : {"0", "-0", "10", "1.5", "-1.25e10", "1E+2", "1e-2",
                           "123456789012345678901234567890"}) {
    EXPECT_TRUE(Reads("{\"a\":" + std::string(text) + "}")) << text;
  }
  for (const char* text : {"", "-", "01", ".5", "1.", "1e", "1e+", "+1", "0x1",
                           "Infinity", "-a", "1 2"}) {
    EXPECT_FALSE(Reads("{\"a\":" + std::string(text) + "}")) << text;
  }
}

TEST(StrictJsonTest, AHandlerEndsTheReading) {
  class Refuser : public StrictJsonHandler {
    bool OnBoolean(bool value) override { return value; }
  } handler;
  EXPECT_FALSE(ReadStrictJson(R"({"a":false})", {}, handler));
}

TEST(StrictJsonTest, OnlyAnObjectIsTaken) {
  for (const char* text : {"", " ", "1", "[]", "\"x\"", "null"}) {
    EXPECT_FALSE(Reads(text)) << text;
  }
}

TEST(StrictJsonTest, TextAfterTheObjectIsRefused) {
  EXPECT_FALSE(Reads("{} x"));
  EXPECT_FALSE(Reads("{}{}"));
}

TEST(StrictJsonTest, AZeroByteIsRefusedEverywhere) {
  EXPECT_FALSE(Reads(absl::string_view("{}\0x", 4)));
  EXPECT_FALSE(Reads(absl::string_view("{}\0", 3)));
  EXPECT_FALSE(Reads(absl::string_view("{\"a\0\":1}", 9)));
}

TEST(StrictJsonTest, AByteOrderMarkIsRefused) {
  EXPECT_FALSE(Reads("\xef\xbb\xbf{}"));
}

TEST(StrictJsonTest, AMemberTwiceIsRefusedAtEveryDepth) {
  EXPECT_FALSE(Reads(R"({"a":1,"a":1})"));
  EXPECT_FALSE(Reads(R"({"x":{"a":1,"b":2,"a":1}})"));
  EXPECT_FALSE(Reads(R"({"a":1,"\u0061":1})"));
  EXPECT_TRUE(Reads(R"({"a":{"a":1}})"));
}

TEST(StrictJsonTest, TextThatIsNotUtf8IsSeenWhereverItStands) {
  for (size_t at = 0; at < 24; ++at) {
    const std::string before(at, 'x'), after(24 - at, 'y');
    for (const char* rest : {"\"}", "\",\"b\":\"0123456789\"}"}) {
      const auto text = [&](const char* middle) {
        return absl::StrCat("{\"a\":\"", before, middle, after, rest);
      };
      EXPECT_FALSE(Reads(text("\xff"))) << at;
      EXPECT_FALSE(Reads(text("\xc3"))) << at;
      EXPECT_FALSE(Reads(text("\\u0041\xa9"))) << at;
      EXPECT_TRUE(Reads(text("\xc3\xa9"))) << at;
    }
  }
}

TEST(StrictJsonTest, TextThatIsNotUtf8IsRefused) {
  EXPECT_FALSE(Reads("{\"a\":\"\xff\"}"));
  EXPECT_FALSE(Reads("{\"a\":\"\xc0\x80\"}"));
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")",
                           R"("\ud800x")", R"("\u00g0")", R"("\u00")"}) {
    EXPECT_FALSE(Reads("{\"a\":" + std::string(text) + "}")) << text;
  }
}

TEST(StrictJsonTest, WhatJsonDoesNotKnowIsRefused) {
  for (const char* text :
       {R"({"a":1,})", "{'a':1}", "{a:1}", R"({"a":NaN})", R"({"a":01})",
        "{/**/}", R"({"a":"x)", R"({"a":"\x"})", "{\"a\":\"\n\"}", R"({"a"})",
        R"({"a" 1})", R"({"a":tru})", R"({"a":[1,]})", R"({"a":[1)",
        R"({"a":{)", R"({"a":"x\)", "{,}"}) {
    EXPECT_FALSE(Reads(text)) << text;
  }
}

TEST(StrictJsonTest, LimitsAreIncluded) {
  EXPECT_TRUE(Reads(R"({"a":[[]]})", {10, 3, 1}));
  EXPECT_FALSE(Reads(R"({"a":[[]]})", {9, 3, 1}));
  EXPECT_FALSE(Reads(R"({"a":[[]]})", {10, 2, 1}));
  EXPECT_FALSE(Reads(R"({"a":1,"b":2})", {99, 3, 1}));
}

}  // namespace
}  // namespace u2fi::fido
