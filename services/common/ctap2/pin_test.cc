#include "services/common/ctap2/pin.h"

#include <cstring>
#include <string>
#include <utility>

#include "services/common/status/status_matchers.h"

namespace u2fi::ctap2 {
namespace {

absl::StatusOr<Pin> From(std::string text) {
  return Pin::From(std::move(text));
}

TEST(PinTest, Has4CharactersTo63Bytes) {
  EXPECT_THAT(From("123"), HasReason(reason::kInvalidField));
  EXPECT_THAT(From("äöü"), HasReason(reason::kInvalidField));
  EXPECT_OK(From("1234"));
  EXPECT_OK(From("äöüß"));
  EXPECT_OK(From(std::string(63, '1')));
  EXPECT_THAT(From(std::string(64, '1')), HasReason(reason::kInvalidField));
}

TEST(PinTest, IsUtf8WithoutControlCharacters) {
  EXPECT_THAT(From("1234\xff"), HasReason(reason::kInvalidField));
  EXPECT_THAT(From("1234\n"), HasReason(reason::kInvalidField));
  EXPECT_THAT(From(std::string("1234\0", 5)), HasReason(reason::kInvalidField));
}

TEST(PinTest, WhatIsRefusedIsNotRepeated) {
  EXPECT_THAT(From("abc").status().message(),
              testing::Not(testing::HasSubstr("abc")));
}

TEST(PinTest, WhatItWasMadeOfIsWiped) {
  for (std::string text : {"tulip-7", "abc"}) {
    const char* const bytes = text.data();
    Pin::From(std::move(text)).status().IgnoreError();
    EXPECT_EQ(std::string(bytes, 7), std::string(7, '\0'));
  }
}

TEST(PinTest, WhatItWasMovedFromIsWiped) {
  ASSERT_OK_AND_ASSIGN(Pin pin, From("tulip-7"));
  const char* const bytes = pin.c_str();
  const Pin other = std::move(pin);
  EXPECT_STREQ(other.c_str(), "tulip-7");
  EXPECT_STREQ(bytes, "");
  ASSERT_OK_AND_ASSIGN(Pin third, From("rose-11"));
  ASSERT_OK_AND_ASSIGN(Pin fourth, From("daisy-9"));
  third = std::move(fourth);
  EXPECT_STREQ(third.c_str(), "daisy-9");
}

}  // namespace
}  // namespace u2fi::ctap2
