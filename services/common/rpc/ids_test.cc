#include "services/common/rpc/ids.h"

#include <string>

#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

TEST(IdsTest, AcceptsLettersDigitsAndInnerHyphens) {
  for (const char* id : {"a", "0", "a-b", "a--b", "site-1"}) {
    EXPECT_TRUE(IsCanonicalId(id)) << id;
  }
}

TEST(IdsTest, RefusesAnyOtherSpelling) {
  for (const char* id : {"", "-", "-a", "a-", "A", "a_b", "a.b", "a/b", " a",
                         "a ", "\xc3\xa9", "a\n"}) {
    EXPECT_FALSE(IsCanonicalId(id)) << id;
  }
}

TEST(IdsTest, RefusesAnIdWithANulByte) {
  EXPECT_FALSE(IsCanonicalId(absl::string_view("a\0b", 3)));
}

TEST(IdsTest, TakesAtMost64Bytes) {
  EXPECT_TRUE(IsCanonicalId(std::string(64, 'a')));
  EXPECT_FALSE(IsCanonicalId(std::string(65, 'a')));
}

TEST(IdsTest, CheckIdNamesTheField) {
  EXPECT_OK(CheckId("device", "d1"));
  EXPECT_THAT(FieldsOf(CheckId("device", "D1")),
              testing::ElementsAre(testing::Key("device")));
  EXPECT_EQ(CheckId("device", "").message(), "field device: is required");
}

TEST(IdsTest, RequestIdsAre32LowerCaseHexDigits) {
  const std::string good = "0123456789abcdef0123456789abcdef";
  EXPECT_OK(CheckRequestId("request_id", good));
  for (const std::string& bad : {std::string(), good + "0", good.substr(1),
                                 "G" + good.substr(1), "A" + good.substr(1)}) {
    EXPECT_THAT(CheckRequestId("request_id", bad),
                HasReason(reason::kInvalidField))
        << bad;
  }
}

}  // namespace
}  // namespace u2fi::rpc
