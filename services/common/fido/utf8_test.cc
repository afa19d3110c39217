#include "services/common/fido/utf8.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace u2fi::fido {
namespace {

TEST(Utf8Test, WellFormedTextIsTaken) {
  for (const char* text : {"", "abc", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
                           "\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
                           "\xf4\x8f\xbf\xbf", "a\xe2\x82\xac z"}) {
    EXPECT_TRUE(IsUtf8(text)) << text;
  }
}

TEST(Utf8Test, IllFormedTextIsRefused) {
  for (const char* text :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2z", "\xe0\x9f\xbf",
        "\xe2\x82", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "a\xe2\x28\xa1"}) {
    EXPECT_FALSE(IsUtf8(text)) << text;
  }
}

TEST(Utf8Test, EveryPlaceInALongTextIsLookedAt) {
  for (size_t at = 0; at < 24; ++at) {
    const std::string before(at, 'x'), after(24 - at, 'y');
    EXPECT_TRUE(IsUtf8(absl::StrCat(before, "\xe2\x82\xac", after))) << at;
    EXPECT_FALSE(IsUtf8(absl::StrCat(before, "\xe2\x82", after))) << at;
    EXPECT_FALSE(IsUtf8(absl::StrCat(before, "\xff", after))) << at;
  }
}

}  // namespace
}  // namespace u2fi::fido
