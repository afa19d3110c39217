// The owner changes what the camera believes: rules, keys. Each change is
// approved as the present pin set says, and the camera checks it by itself.
#include <atomic>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/audit/verify_export.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/strict.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/person.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using device_registry::v1::PlanPinsRequest;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class PinsUpdateTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const CommandRecord enrolled, site_.Enrol());
    ASSERT_EQ(enrolled.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    ASSERT_OK_AND_ASSIGN(const CommandRecord provisioned, site_.Provision());
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << provisioned.ShortDebugString();
    genesis_ = Newest();
  }

  // The newest pin set that the registry has of the camera.
  std::string Newest() {
    device_registry::v1::ListPinRevisionsRequest list;
    list.set_device("cam-1");
    const auto listed = site_.registry().reader().ListPinRevisions(
        rpc::TestCaller("operator/t1/olga"), list);
    EXPECT_OK(listed);
    return listed.ok() ? listed->pin_revisions(0).pin_set() : "";
  }
  // A plan for the camera in which all stays; for edits.
  PlanPinsRequest Plan() {
    const auto pins = proof::PinSet::Parse(Newest());
    EXPECT_OK(pins);
    PlanPinsRequest plan;
    plan.set_purpose(proof::v1::PURPOSE_PINS);
    plan.add_devices("cam-1");
    plan.set_replace_rules(true);
    *plan.mutable_rules() = pins->fields().rules();
    plan.set_replace_keys(true);
    *plan.mutable_keys() = pins->fields().keys();
    return plan;
  }
  static void SetRule(const std::string& operation, const proof::v1::Rule& rule,
                      PlanPinsRequest& plan) {
    for (auto& entry : *plan.mutable_rules()) {
      if (entry.operation() != operation) continue;
      *entry.mutable_rule() = rule;
      return;
    }
    proof::v1::OperationRule& entry = *plan.add_rules();
    entry.set_operation(operation);
    *entry.mutable_rule() = rule;
  }
  absl::StatusOr<CommandRecord> Submit(const PlanPinsRequest& plan) {
    const auto planned = site_.registry().planner().PlanPins(
        rpc::TestCaller("client/t1/app"), plan);
    if (!planned.ok()) return planned.status();
    command_gate::v1::SubmitCommandRequest submit;
    submit.mutable_item()->set_device("cam-1");
    submit.mutable_item()->set_operation("u2fi.pins");
    submit.mutable_item()->set_message(planned->plans(0).pin_set());
    submit.mutable_options()->set_on_behalf_of("ann");
    submit.mutable_options()->set_purpose(proof::v1::PURPOSE_PINS);
    submit.mutable_options()->mutable_approve_within()->set_seconds(5);
    submit.mutable_options()->mutable_execute_within()->set_seconds(10);
    if (!planned->evidence().empty()) {
      submit.mutable_options()->mutable_evidence()->ParseFromString(
          planned->evidence());
    }
    return site_.SubmitRequest(submit);
  }
  CommandRecord Change(const PlanPinsRequest& plan) {
    const auto submitted = Submit(plan);
    EXPECT_OK(submitted);
    if (!submitted.ok()) return CommandRecord();
    const auto done = site_.Wait(submitted->name());
    EXPECT_OK(done);
    return done.ok() ? *done : CommandRecord();
  }
  CommandRecord Unbind() {
    const auto pins = proof::PinSet::Parse(Newest());
    EXPECT_OK(pins);
    proof::v1::UnbindArguments arguments;
    arguments.set_format(1);
    arguments.set_pins_hash(crypto::ToString(pins->hash()));
    command_gate::v1::SubmitCommandRequest submit;
    submit.mutable_item()->set_device("cam-1");
    submit.mutable_item()->set_operation("u2fi.unbind");
    submit.mutable_item()->set_message(proof::Encode(arguments));
    submit.mutable_options()->set_on_behalf_of("ann");
    submit.mutable_options()->set_purpose(proof::v1::PURPOSE_UNBIND);
    submit.mutable_options()->mutable_approve_within()->set_seconds(5);
    submit.mutable_options()->mutable_execute_within()->set_seconds(10);
    const auto submitted = site_.SubmitRequest(submit);
    EXPECT_OK(submitted);
    if (!submitted.ok()) return CommandRecord();
    const auto done = site_.Wait(submitted->name());
    EXPECT_OK(done);
    return done.ok() ? *done : CommandRecord();
  }
  void ExpectDone(const PlanPinsRequest& plan) {
    const CommandRecord done = Change(plan);
    EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << done.ShortDebugString()
        << testing::PrintToString(site_.camera_said());
  }
  uint64_t Revision() {
    return proof::PinSet::Parse(Newest())->fields().revision();
  }
  // Bob and carl join, and turning it on takes two people.
  void AddPeople() {
    PlanPinsRequest plan = Plan();
    *plan.add_keys() = bob_.Pinned(proof::v1::KEY_ROLE_MEMBER);
    *plan.add_keys() = carl_.Pinned(proof::v1::KEY_ROLE_MEMBER);
    SetRule("camera.on", proof::QuorumRule(2), plan);
    ExpectDone(plan);
    bob_.key().Tell("auto off");
    carl_.key().Tell("auto off");
  }

  OneSite site_{{"bob", "carl"}};
  Person bob_{site_, "bob"};
  Person carl_{site_, "carl"};
  std::string genesis_;
};

TEST_F(PinsUpdateTest, ATouchForbidsAnOperationForGood) {
  PlanPinsRequest plan = Plan();
  SetRule("camera.on", proof::ForbiddenRule(), plan);
  const CommandRecord done = Change(plan);
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString();
  EXPECT_EQ(done.result_source(), command_gate::v1::RESULT_SOURCE_DEVICE);
  EXPECT_THAT(site_.camera_said(), Contains(HasSubstr("u2fi.pins: done")));
  EXPECT_THAT(site_.Run("camera.on"), HasReason(reason::kOperationForbidden));
}

TEST_F(PinsUpdateTest, ChangesFollowEachOther) {
  PlanPinsRequest plan = Plan();
  SetRule("camera.on", proof::ForbiddenRule(), plan);
  ExpectDone(plan);
  PlanPinsRequest back = Plan();
  SetRule("camera.snapshot", proof::ForbiddenRule(), back);
  ExpectDone(back);
  EXPECT_EQ(Revision(), 3u);
}

TEST_F(PinsUpdateTest, WithoutATouchNothingChanges) {
  site_.TellToken("auto off");
  PlanPinsRequest plan = Plan();
  SetRule("camera.on", proof::ForbiddenRule(), plan);
  EXPECT_NE(Change(plan).state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_EQ(Newest(), genesis_);
  EXPECT_THAT(site_.camera_said(), Not(Contains(HasSubstr("u2fi.pins"))));
}

TEST_F(PinsUpdateTest, PeopleWhoJoinLaterApproveFromThenOn) {
  ASSERT_OK(site_.Run("camera.on"));
  AddPeople();
  command_gate::v1::CommandItem item;
  item.set_device("cam-1");
  item.set_operation("camera.snapshot");
  ASSERT_OK_AND_ASSIGN(const CommandRecord asked,
                       site_.Submit(item, proof::v1::PURPOSE_COMMAND));
  bob_.key().Tell("touch");
  carl_.key().Tell("touch");
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Wait(asked.name()));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString() << testing::PrintToString(site_.camera_said());
  EXPECT_EQ(done.proof().approvals_size(), 2);
}

TEST_F(PinsUpdateTest, TheOwnerAloneCannotLoosenAQuorum) {
  AddPeople();
  PlanPinsRequest plan = Plan();
  SetRule("camera.on", proof::TouchRule(), plan);
  EXPECT_EQ(Change(plan).state(), command_gate::v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(Revision(), 2u);
}

TEST_F(PinsUpdateTest, WithTheOthersTheOwnerCan) {
  AddPeople();
  PlanPinsRequest plan = Plan();
  SetRule("camera.on", proof::TouchRule(), plan);
  ASSERT_OK_AND_ASSIGN(const CommandRecord asked, Submit(plan));
  EXPECT_EQ(asked.approvals_size(), 3);
  bob_.key().Tell("touch");
  carl_.key().Tell("touch");
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Wait(asked.name()));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString() << testing::PrintToString(site_.camera_said());
  EXPECT_EQ(Revision(), 3u);
}

TEST_F(PinsUpdateTest, AKeyThatIsDroppedApprovesNothingMore) {
  AddPeople();
  PlanPinsRequest plan = Plan();
  plan.mutable_keys()->RemoveLast();
  ExpectDone(plan);
  EXPECT_THAT(site_.Run("camera.snapshot"), HasReason(reason::kSelfApproval));
}

TEST_F(PinsUpdateTest, ALostWordOfTheDeviceIsAskedForAgain) {
  std::atomic<int> lost{0};
  site_.Tap([&lost](gateway::v1::GatewayMessage& message) {
    return !message.has_binding_result() || lost++ > 0;
  });
  PlanPinsRequest plan = Plan();
  SetRule("camera.on", proof::ForbiddenRule(), plan);
  ExpectDone(plan);
  EXPECT_GT(lost, 1);
}

TEST_F(PinsUpdateTest, AReleasedCameraObeysNobodyAndMayBeBoundAgain) {
  const CommandRecord done = Unbind();
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString() << testing::PrintToString(site_.camera_said());
  EXPECT_THAT(site_.camera_said(), Contains(HasSubstr("u2fi.unbind: done")));
  EXPECT_THAT(site_.Run("camera.on"), HasReason(reason::kNotAMember));
  device_registry::v1::ClaimDeviceRequest claim;
  claim.set_name("devices/cam-1");
  claim.set_account("ann");
  ASSERT_OK(site_.registry().device_claim().ClaimDevice(
      rpc::TestCaller("client/t1/app"), claim));
  ASSERT_OK_AND_ASSIGN(const CommandRecord again, site_.Provision());
  EXPECT_EQ(again.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << again.ShortDebugString()
      << testing::PrintToString(site_.camera_said());
  ASSERT_OK_AND_ASSIGN(const CommandRecord on, site_.Run("camera.on"));
  EXPECT_EQ(on.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
}

TEST_F(PinsUpdateTest, WithoutATouchNothingIsReleased) {
  site_.TellToken("auto off");
  EXPECT_NE(Unbind().state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  EXPECT_THAT(site_.camera_said(), Not(Contains(HasSubstr("u2fi.unbind"))));
}

TEST_F(PinsUpdateTest, TheAuditFollowsThePinsFromTheFirstSetOn) {
  AddPeople();
  PlanPinsRequest plan = Plan();
  SetRule("camera.snapshot", proof::ForbiddenRule(), plan);
  ExpectDone(plan);
  EXPECT_EQ(Unbind().state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  audit::Anchors anchors;
  ASSERT_OK(anchors.Add(genesis_));
  audit::VerifyExportOptions options;
  options.complete = true;
  std::istringstream input(site_.ExportAudit());
  const audit::ExportReport report =
      audit::VerifyExport(input, anchors, std::move(options));
  EXPECT_FALSE(report.fault.has_value())
      << report.fault->record << " " << report.fault->step << " "
      << report.fault->why;
}

}  // namespace
}  // namespace u2fi::e2e
