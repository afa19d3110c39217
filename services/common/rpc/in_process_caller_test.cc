#include "services/common/rpc/in_process_caller.h"

#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

TEST(InProcessCallerTest, IsTheService) {
  ASSERT_OK_AND_ASSIGN(const Caller caller,
                       InProcessCaller("mesh.example", "command-gate"));
  EXPECT_TRUE(caller.IsService("command-gate"));
  EXPECT_EQ(caller.uri(), "spiffe://mesh.example/service/command-gate");
  EXPECT_EQ(caller.tenant(), "");
}

TEST(InProcessCallerTest, RefusesANameThatIsNoId) {
  EXPECT_THAT(InProcessCaller("mesh.example", "gate/../operator"),
              HasReason(reason::kCallerUnknown));
}

TEST(InProcessCallerTest, RefusesATrustDomainThatIsNone) {
  EXPECT_THAT(InProcessCaller("mesh.example/operator", "command-gate"),
              HasReason(reason::kCallerUnknown));
}

}  // namespace
}  // namespace u2fi::rpc
