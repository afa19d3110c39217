#include "services/common/proof/visible_text.h"

#include "gtest/gtest.h"

namespace u2fi::proof {
namespace {

TEST(VisibleTextTest, WhatPeopleReadStays) {
  for (const char* text : {"", "{\"zoom\":2}",
                           "K\xc3\xbc"
                           "che",
                           "\xe5\x8f\xb0\xe6\x89\x80", "\xf0\x9f\x94\x91",
                           // The first and last character of each length.
                           "\xc2\xa0\xdf\xbf", "\xe0\xa0\x80\xef\xbf\xbd",
                           "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"}) {
    EXPECT_EQ(VisibleText(text), text);
  }
}

TEST(VisibleTextTest, ControlCharactersDoNot) {
  EXPECT_EQ(VisibleText("a\x1b[2Jb\n\x7f"), "a?[2Jb??");
  // U+009B is what ESC [ is.
  EXPECT_EQ(VisibleText("\xc2\x9b"
                        "2J"),
            "?2J");
}

// U+202E turns what follows: "on" would read "no".
TEST(VisibleTextTest, NorDoesWhatMakesATextLookLikeAnother) {
  EXPECT_EQ(VisibleText("\xe2\x80\xae"
                        "on"),
            "?on");
  EXPECT_EQ(VisibleText("a\xe2\x80\x8b"
                        "b\xef\xbb\xbf\xe2\x81\xa6\xe2\x80\xa8"),
            "a?b???");
}

TEST(VisibleTextTest, NorBytesThatAreNoUtf8) {
  EXPECT_EQ(VisibleText("\x9b"
                        "2J"),
            "?2J");
  EXPECT_EQ(VisibleText("\xc0\xae"), "??") << "longer than it has to be";
  EXPECT_EQ(VisibleText("\xe0\x80\xaf"), "???") << "the same in three bytes";
  EXPECT_EQ(VisibleText("\xf0\x80\x80\xaf"), "????");
  EXPECT_EQ(VisibleText("\xe2(\xa1"), "?(?") << "no second byte";
  EXPECT_EQ(VisibleText("\xe2\x82:"), "??:") << "no third byte";
  EXPECT_EQ(VisibleText("\xf5\x80\x80\x80"), "????") << "no first byte";
  EXPECT_EQ(VisibleText("\xff"), "?");
  EXPECT_EQ(VisibleText("\xed\xa0\x80"), "???") << "a surrogate";
  EXPECT_EQ(VisibleText("\xed\xbf\xbf"), "???") << "the last of them";
  EXPECT_EQ(VisibleText("\xf4\x90\x80\x80"), "????") << "above U+10FFFF";
  EXPECT_EQ(VisibleText("a\xe2\x80"), "a??") << "cut off";
}

}  // namespace
}  // namespace u2fi::proof
