#include "services/gateway-agent/local_client.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

using testing::HasSubstr;

TEST(LocalClientTest, SaysWhereNoAgentAnswers) {
  LocalClient client("/nonexistent/agent.sock");
  const absl::Status status = client.Decline("x");
  EXPECT_THAT(status, HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no agent answers at /nonexistent/agent.sock"));
  EXPECT_THAT(client.Status(), HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(client.EnterPin({}), HasReason(reason::kPeerUnavailable));
}

}  // namespace
}  // namespace u2fi::gateway_agent
