#include "services/common/mqtt/mqtt_client.h"

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::mqtt {
namespace {

Message ValidMessage() {
  Message message;
  message.topic = "a/b";
  message.payload = "x";
  message.expiry = absl::Seconds(5);
  message.response_topic = "a/c";
  message.correlation = "1";
  return message;
}

std::string FaultyField(const Message& message) {
  const absl::Status status = CheckMessage(message);
  const auto fields = FieldsOf(status);
  return fields.empty() ? "" : fields.begin()->first;
}

TEST(CheckMessageTest, AcceptsAnOrdinaryMessage) {
  EXPECT_OK(CheckMessage(ValidMessage()));
}

TEST(CheckMessageTest, RefusesAnEmptyTopic) {
  Message message = ValidMessage();
  message.topic.clear();
  EXPECT_EQ(FaultyField(message), "topic");
}

TEST(CheckMessageTest, RefusesAWildcardInTheTopic) {
  Message message = ValidMessage();
  message.topic = "a/+";
  EXPECT_EQ(FaultyField(message), "topic");
}

TEST(CheckMessageTest, RefusesAControlCharacterInTheTopic) {
  Message message = ValidMessage();
  message.topic = std::string("a\0b", 3);
  EXPECT_EQ(FaultyField(message), "topic");
}

TEST(CheckMessageTest, BoundsTheTopic) {
  Message message = ValidMessage();
  message.topic = std::string(kMaxTopic, 'a');
  EXPECT_OK(CheckMessage(message));
  message.topic += 'a';
  EXPECT_EQ(FaultyField(message), "topic");
}

TEST(CheckMessageTest, BoundsThePayload) {
  Message message = ValidMessage();
  message.payload = std::string(kMaxPayload, 'a');
  EXPECT_OK(CheckMessage(message));
  message.payload += 'a';
  EXPECT_EQ(FaultyField(message), "payload");
}

TEST(CheckMessageTest, RefusesAnExpiryInThePast) {
  Message message = ValidMessage();
  message.expiry = absl::Seconds(-1);
  EXPECT_EQ(FaultyField(message), "expiry");
}

TEST(CheckMessageTest, RefusesAnEndlessExpiry) {
  Message message = ValidMessage();
  message.expiry = absl::InfiniteDuration();
  EXPECT_EQ(FaultyField(message), "expiry");
}

TEST(CheckMessageTest, RefusesAResponseTopicWithWildcards) {
  Message message = ValidMessage();
  message.response_topic = "#";
  EXPECT_EQ(FaultyField(message), "response_topic");
}

TEST(CheckMessageTest, BoundsTheCorrelation) {
  Message message = ValidMessage();
  message.correlation = std::string(kMaxCorrelation + 1, 'a');
  EXPECT_EQ(FaultyField(message), "correlation");
}

TEST(CheckMessageTest, RefusesARetainedRequest) {
  Message message = ValidMessage();
  message.retain = true;
  EXPECT_EQ(FaultyField(message), "retain");
}

TEST(CheckFilterTest, AcceptsWildcardsForWholeLevels) {
  EXPECT_OK(CheckFilter("a/b"));
  EXPECT_OK(CheckFilter("a/+/b"));
  EXPECT_OK(CheckFilter("a/#"));
  EXPECT_OK(CheckFilter("#"));
}

TEST(CheckFilterTest, RefusesWildcardsInsideALevel) {
  EXPECT_FALSE(CheckFilter("a/b+").ok());
  EXPECT_FALSE(CheckFilter("a/#b").ok());
}

TEST(CheckFilterTest, RefusesTheManyLevelWildcardBeforeTheEnd) {
  EXPECT_FALSE(CheckFilter("a/#/b").ok());
}

TEST(CheckFilterTest, RefusesAnEmptyFilter) {
  EXPECT_FALSE(CheckFilter("").ok());
}

TEST(MatchesTest, ComparesLevelByLevel) {
  EXPECT_TRUE(Matches("a/b", "a/b"));
  EXPECT_FALSE(Matches("a/b", "a/bb"));
  EXPECT_FALSE(Matches("a/b", "a"));
  EXPECT_FALSE(Matches("a", "a/b"));
}

TEST(MatchesTest, OneLevelWildcardStandsForExactlyOne) {
  EXPECT_TRUE(Matches("a/+/c", "a/b/c"));
  EXPECT_FALSE(Matches("a/+", "a/b/c"));
  EXPECT_FALSE(Matches("a/+", "a"));
}

TEST(MatchesTest, ManyLevelWildcardStandsForAnyRest) {
  EXPECT_TRUE(Matches("a/#", "a/b/c"));
  // MQTT 5, 4.7.1.2: also for the parent.
  EXPECT_TRUE(Matches("a/#", "a"));
  EXPECT_FALSE(Matches("a/#", "b/c"));
}

}  // namespace
}  // namespace u2fi::mqtt
