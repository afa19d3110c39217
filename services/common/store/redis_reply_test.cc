#include "services/common/store/redis_reply.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "hiredis/hiredis.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::store {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// What the server says, as the wire has it.
RedisReply Reply(absl::string_view bytes) {
  auto reply = ReadReply(bytes);
  EXPECT_OK(reply);
  return reply.ok() ? *std::move(reply) : nullptr;
}

TEST(RedisReplyTest, AStringIsItsBytes) {
  EXPECT_THAT(AsString(*Reply(absl::string_view("$3\r\na\0b\r\n", 9))),
              IsOkAndHolds(absl::string_view("a\0b", 3)));
}

TEST(RedisReplyTest, AStatusIsAString) {
  EXPECT_THAT(AsString(*Reply("+OK\r\n")), IsOkAndHolds("OK"));
}

TEST(RedisReplyTest, AnErrorIsNoString) {
  const RedisReply reply = Reply("-READONLY no\r\n");
  EXPECT_FALSE(AsString(*reply).ok());
  EXPECT_EQ(ErrorText(*reply), "READONLY no");
}

TEST(RedisReplyTest, OtherRepliesHaveNoErrorText) {
  EXPECT_EQ(ErrorText(*Reply("+READONLY no\r\n")), "");
}

TEST(RedisReplyTest, ANumberIsNoString) {
  const RedisReply reply = Reply(":42\r\n");
  EXPECT_THAT(AsInteger(*reply), IsOkAndHolds(42));
  EXPECT_FALSE(AsString(*reply).ok());
}

TEST(RedisReplyTest, DigitsInAStringAreNoNumber) {
  EXPECT_FALSE(AsInteger(*Reply("$2\r\n42\r\n")).ok());
}

TEST(RedisReplyTest, NilIsNothingElse) {
  const RedisReply nil = Reply("$-1\r\n");
  EXPECT_TRUE(IsNil(*nil));
  EXPECT_FALSE(AsString(*nil).ok());
  EXPECT_FALSE(IsNil(*Reply("$0\r\n\r\n")));
}

TEST(RedisReplyTest, AnArrayHasElements) {
  const RedisReply reply = Reply("*2\r\n:1\r\n+x\r\n");
  const auto elements = Elements(*reply);
  ASSERT_THAT(elements, SizeIs(2));
  EXPECT_THAT(AsInteger(*elements[0]), IsOkAndHolds(1));
}

TEST(RedisReplyTest, WhatIsNoArrayHasNone) {
  EXPECT_THAT(Elements(*Reply("+x\r\n")), IsEmpty());
  EXPECT_THAT(Elements(*Reply("*0\r\n")), IsEmpty());
  EXPECT_THAT(Elements(*Reply("*-1\r\n")), IsEmpty());
}

TEST(ReadReplyTest, RefusesHalfAReply) {
  EXPECT_FALSE(ReadReply("$5\r\nab").ok());
  EXPECT_FALSE(ReadReply("").ok());
}

TEST(ReadReplyTest, RefusesAnotherLanguage) {
  EXPECT_FALSE(ReadReply("HTTP/1.1 200 OK\r\n").ok());
}

TEST(ReadReplyTest, RefusesMoreElementsThanAnyAnswerHas) {
  EXPECT_FALSE(
      ReadReply(absl::StrCat("*", kMaxReplyElements + 1, "\r\n:1\r\n")).ok());
}

// Arrays in arrays, `depth` of them, around a number.
std::string Nested(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += "*1\r\n";
  return bytes + ":1\r\n";
}

TEST(ReadReplyTest, TakesArraysUpToTheDepthOfAnswers) {
  EXPECT_OK(ReadReply(Nested(kMaxReplyDepth)));
}

TEST(ReadReplyTest, RefusesDeeperNesting) {
  EXPECT_FALSE(ReadReply(Nested(kMaxReplyDepth + 1)).ok());
}

TEST(ReadReplyTest, NestingWithoutEndUsesNoStack) {
  EXPECT_FALSE(ReadReply(Nested(1'000'000)).ok());
}

}  // namespace
}  // namespace u2fi::store
