#include "services/common/mqtt/topics.h"

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::mqtt {
namespace {

GatewayTopics Topics() { return *GatewayTopics::Create("t-1", "s-1", "g-1"); }

TEST(GatewayTopicsTest, PutsIdsAndKindInOrder) {
  EXPECT_EQ(Topics().Of("camera-1", TopicKind::kDown),
            "u2fi/t-1/s-1/g-1/camera-1/down");
}

TEST(GatewayTopicsTest, TheFilterStandsForEveryDevice) {
  EXPECT_EQ(Topics().FilterFor(TopicKind::kUp), "u2fi/t-1/s-1/g-1/+/up");
}

TEST(GatewayTopicsTest, ReadsWhatItWrites) {
  for (TopicKind kind : {TopicKind::kDown, TopicKind::kUp, TopicKind::kPresence,
                         TopicKind::kPlainSet, TopicKind::kPlainState}) {
    ASSERT_OK_AND_ASSIGN(GatewayTopics::Parsed parsed,
                         Topics().Parse(Topics().Of("camera-1", kind)));
    EXPECT_EQ(parsed.device, "camera-1");
    EXPECT_EQ(parsed.kind, kind);
  }
}

TEST(GatewayTopicsTest, RefusesAnotherGatewaysTopic) {
  EXPECT_FALSE(Topics().Parse("u2fi/t-1/s-1/g-2/camera-1/up").ok());
}

TEST(GatewayTopicsTest, RefusesAnUnknownKind) {
  EXPECT_FALSE(Topics().Parse("u2fi/t-1/s-1/g-1/camera-1/sideways").ok());
}

TEST(GatewayTopicsTest, RefusesALongerTopic) {
  EXPECT_FALSE(Topics().Parse("u2fi/t-1/s-1/g-1/camera-1/up/x").ok());
}

TEST(GatewayTopicsTest, RefusesATopicWithoutAKind) {
  EXPECT_FALSE(Topics().Parse("u2fi/t-1/s-1/g-1/camera-1").ok());
}

TEST(GatewayTopicsTest, RefusesTheAgentAsADevice) {
  EXPECT_FALSE(
      Topics().Parse(Topics().Of(Topics().AgentUser(), TopicKind::kUp)).ok());
}

TEST(GatewayTopicsTest, RefusesIdsThatAreNotCanonical) {
  EXPECT_FALSE(GatewayTopics::Create("T", "s", "g").ok());
  EXPECT_FALSE(GatewayTopics::Create("t", "+", "g").ok());
  EXPECT_FALSE(GatewayTopics::Create("t", "s", "g/x").ok());
}

}  // namespace
}  // namespace u2fi::mqtt
