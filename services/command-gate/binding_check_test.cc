#include "services/command-gate/binding_check.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "services/command-gate/gate_test_case.h"
#include "services/common/proof/rules.h"

namespace u2fi::command_gate {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// Between the approval and the dispatch something ended.
class LateDispatchTest : public GateTestCase {
 protected:
  std::vector<gateway::v1::MeshMessage> Executed() {
    return gateways_.Of(gateway::v1::MeshMessage::kExecuteCommand);
  }
  absl::StatusOr<StoredCommand> Dispatch(const StoredCommand& command) {
    return gate().dispatcher.Dispatch(command);
  }
  void ExpectDenied(const StoredCommand& command, const std::string& why) {
    clock_.Advance(absl::Milliseconds(1001));
    ASSERT_OK_AND_ASSIGN(const StoredCommand ended, Dispatch(command));
    EXPECT_EQ(ended.row.state(), v1::COMMAND_STATE_DENIED);
    EXPECT_EQ(ended.row.reason(), why);
    EXPECT_THAT(Executed(), IsEmpty());
  }
};

TEST_F(LateDispatchTest, ABindingThatEndedMeanwhileEndsIt) {
  const StoredCommand approved = Approved();
  registry_.resolve_status = Error(reason::kDeviceState, "released");
  ExpectDenied(approved, "DEVICE_STATE");
}

TEST_F(LateDispatchTest, SoDoesARoleThatEnded) {
  const StoredCommand approved = Approved();
  registry_.resolve_status = Error(reason::kNotAMember, "the lease is over");
  ExpectDenied(approved, "NOT_A_MEMBER");
}

TEST_F(LateDispatchTest, SoDoesAGatewayThatWasSuspended) {
  const StoredCommand approved = Approved();
  registry_.resolve_status = Error(reason::kGatewayNotActive, "suspended");
  ExpectDenied(approved, "GATEWAY_NOT_ACTIVE");
}

TEST_F(LateDispatchTest, SoDoesAnotherGatewayOfTheDevice) {
  StoredCommand approved = Approved();
  approved.row.set_gateway("g2");
  ExpectDenied(approved, "GATEWAY_MISMATCH");
}

TEST_F(LateDispatchTest, WhatWasFreeAndNeedsATouchByNowIsEnded) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  const StoredCommand free = Submit(CameraOn());
  registry_.rule = proof::OwnerTouchRule();
  ExpectDenied(free, "POLICY_CHANGED");
}

TEST_F(LateDispatchTest, BreakGlassThatWasForbiddenMeanwhileIsEnded) {
  StoredCommand approved = Approved();
  approved.row.set_purpose(proof::v1::PURPOSE_BREAK_GLASS);
  registry_.policy.set_forbid_break_glass(true);
  ExpectDenied(approved, "BREAK_GLASS_DISABLED");
}

TEST_F(LateDispatchTest, WhatStandsGoesDown) {
  const StoredCommand approved = Approved();
  clock_.Advance(absl::Milliseconds(1001));
  ASSERT_OK(Dispatch(approved));
  EXPECT_THAT(Executed(), SizeIs(1));
}

TEST_F(LateDispatchTest, TheRegistryIsAskedAboutThisVeryCommand) {
  const StoredCommand approved = Approved();
  registry_.last_resolve.Clear();
  clock_.Advance(absl::Milliseconds(1001));
  ASSERT_OK(Dispatch(approved));
  const auto& asked = registry_.last_resolve;
  EXPECT_EQ(asked.tenant(), "t1");
  EXPECT_EQ(asked.on_behalf_of(), "ann");
  EXPECT_EQ(asked.purpose(), proof::v1::PURPOSE_COMMAND);
  ASSERT_EQ(asked.items_size(), 1);
  EXPECT_EQ(asked.items(0).device(), "cam-1");
  EXPECT_EQ(asked.items(0).operation(), "camera.on");
}

TEST_F(LateDispatchTest, WhatIsFreeStillGoesDown) {
  registry_.rule.set_kind(proof::v1::RULE_KIND_FREE);
  const StoredCommand free = Submit(CameraOn());
  clock_.Advance(absl::Milliseconds(1001));
  ASSERT_OK(Dispatch(free));
  EXPECT_THAT(Executed(), SizeIs(1));
}

TEST_F(LateDispatchTest, ForbiddingBreakGlassEndsNothingElse) {
  const StoredCommand approved = Approved();
  registry_.policy.set_forbid_break_glass(true);
  clock_.Advance(absl::Milliseconds(1001));
  ASSERT_OK(Dispatch(approved));
  EXPECT_THAT(Executed(), SizeIs(1));
}

TEST_F(LateDispatchTest, BreakGlassThatIsAllowedGoesDown) {
  StoredCommand approved = Approved();
  approved.row.set_purpose(proof::v1::PURPOSE_BREAK_GLASS);
  clock_.Advance(absl::Milliseconds(1001));
  ASSERT_OK(Dispatch(approved));
  EXPECT_THAT(Executed(), SizeIs(1));
}

TEST_F(LateDispatchTest, ARegistryThatIsAwayIsWaitedFor) {
  const StoredCommand approved = Approved();
  registry_.resolve_status = Error(reason::kPeerUnavailable, "away");
  clock_.Advance(absl::Milliseconds(1001));
  EXPECT_THAT(Dispatch(approved), HasReason(reason::kPeerUnavailable));
  EXPECT_EQ(Reread(approved).row.state(), v1::COMMAND_STATE_APPROVED);
}

TEST_F(LateDispatchTest, RightAfterTheTouchNothingIsAskedAgain) {
  const StoredCommand approved = Approved();
  const int asked = registry_.resolved;
  clock_.Advance(absl::Milliseconds(1000));
  ASSERT_OK(Dispatch(approved));
  EXPECT_EQ(registry_.resolved, asked);
}

TEST_F(LateDispatchTest, WhatIsOnItsWayIsNotLookedAtAgain) {
  ASSERT_OK_AND_ASSIGN(const StoredCommand sent, Dispatch(Approved()));
  registry_.resolve_status = Error(reason::kDeviceState, "released");
  clock_.Advance(absl::Seconds(5));
  ASSERT_OK(Dispatch(sent));
  EXPECT_THAT(Executed(), SizeIs(2));
}

}  // namespace
}  // namespace u2fi::command_gate
