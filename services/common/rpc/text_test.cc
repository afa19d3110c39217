#include "services/common/rpc/text.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

using testing::HasSubstr;

TEST(CheckTextTest, CountsCharactersAndNotBytes) {
  EXPECT_OK(CheckText("text", "äöü", 3));
  EXPECT_THAT(CheckText("text", "äöüß", 3), HasReason(reason::kInvalidField));
  EXPECT_OK(CheckText("text", "", 0));
}

TEST(CheckTextTest, RefusesContinuationBytesWithoutEnd) {
  EXPECT_THAT(CheckText("text", std::string(100, '\x80'), 3),
              HasReason(reason::kInvalidField));
}

TEST(CheckTextTest, RefusesWhatIsNotUtf8) {
  EXPECT_THAT(CheckText("text", "\xc3", 10), HasReason(reason::kInvalidField));
}

TEST(CheckTextTest, RefusesControlCharacters) {
  for (const char c : {'\0', '\n', '\x1f', '\x7f'}) {
    EXPECT_THAT(CheckText("text", std::string(1, c), 10),
                HasReason(reason::kInvalidField));
  }
  EXPECT_THAT(CheckText("text", "a\u0085b", 10),
              HasReason(reason::kInvalidField));
}

TEST(CheckTextTest, RefusesWhatHidesOrTurnsCharacters) {
  for (const char* text : {"a\u202eb", "a\u2066b", "a\u200fb", "a\u200bb",
                           "a\u00adb", "a\ufeffb"}) {
    const absl::Status status = CheckText("label", text, 10);
    EXPECT_THAT(status, HasReason(reason::kInvalidField));
    EXPECT_THAT(std::string(status.message()), HasSubstr("label"));
  }
}

TEST(CheckTextTest, TakesTheScriptsOfTheWorld) {
  for (const char* text : {"Türe", "דלת", "باب", "門", "дверь", "🔑"}) {
    EXPECT_OK(CheckText("label", text, 10)) << text;
  }
}

}  // namespace
}  // namespace u2fi::rpc
