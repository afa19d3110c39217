// Two people at two keys: ann asks, bob and carl touch, and the camera checks
// both touches by itself. Real services, real TLS, real U2FHID frames.
#include <sstream>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"
#include "services/common/audit/verify_export.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/person.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;
using testing::HasSubstr;
using testing::Not;

class QuorumTest : public testing::Test {
 protected:
  static constexpr uint32_t kRoles =
      proof::v1::KEY_ROLE_APPROVER + proof::v1::KEY_ROLE_BREAK_GLASS;

  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const CommandRecord enrolled, site_.Enrol());
    ASSERT_EQ(enrolled.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    proof::v1::Evidence evidence;
    *evidence.add_enrolments() = bob_.Enrolment();
    *evidence.add_enrolments() = carl_.Enrolment();
    ASSERT_OK_AND_ASSIGN(
        const CommandRecord provisioned,
        site_.Provision({bob_.Pinned(kRoles), carl_.Pinned(kRoles)}, evidence));
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << testing::PrintToString(site_.camera_said());
    // For the owner alone.
    ASSERT_OK_AND_ASSIGN(const CommandRecord on, site_.Run("camera.on"));
    ASSERT_EQ(on.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    bob_.key().Tell("auto off");
    carl_.key().Tell("auto off");
  }

  CommandRecord Submitted() {
    CommandItem item;
    item.set_device("cam-1");
    item.set_operation("camera.snapshot");
    const auto submitted = site_.Submit(item, proof::v1::PURPOSE_COMMAND);
    EXPECT_OK(submitted);
    return submitted.ok() ? *submitted : CommandRecord();
  }
  // Waits until the slot of `account` is in `state`.
  void WaitFor(const std::string& name, const std::string& account,
               command_gate::v1::ApprovalState state) {
    while (true) {
      ASSERT_OK_AND_ASSIGN(const CommandRecord now, site_.Get(name));
      for (const auto& slot : now.approvals()) {
        if (slot.account() == account && slot.state() == state) return;
      }
      ASSERT_LT(now.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
          << now.ShortDebugString();
      std::this_thread::yield();
    }
  }

  OneSite site_{{"bob", "carl"}};
  Person bob_{site_, "bob"};
  Person carl_{site_, "carl"};
};

TEST_F(QuorumTest, TheCameraActsOnlyAfterTwoPeopleAtTwoKeysTouched) {
  const std::string name = Submitted().name();
  bob_.key().Tell("touch");
  WaitFor(name, "bob", command_gate::v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.snapshot")));
  carl_.key().Tell("touch");
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Wait(name));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString();
  EXPECT_EQ(done.result_source(), command_gate::v1::RESULT_SOURCE_DEVICE);
  EXPECT_EQ(done.proof().approvals_size(), 2);
  EXPECT_THAT(site_.camera_journal(), HasSubstr("camera.snapshot"));
}

TEST_F(QuorumTest, OnePersonAloneAndTheRequesterAreNotEnough) {
  const std::string name = Submitted().name();
  carl_.key().Tell("touch");
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Wait(name));
  EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_EXPIRED)
      << ended.ShortDebugString();
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.snapshot")));
}

TEST_F(QuorumTest, ANoAfterAYesIsAVeto) {
  const std::string name = Submitted().name();
  bob_.key().Tell("touch");
  WaitFor(name, "bob", command_gate::v1::APPROVAL_STATE_ACCEPTED);
  while (!site_.approvals().Decline("", "button")) std::this_thread::yield();
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site_.Wait(name));
  EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_DENIED);
  EXPECT_EQ(ended.reason(), "DECLINED");
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.snapshot")));
}

TEST_F(QuorumTest, TheAuditHoldsBothTouchesAndVerifiesOffline) {
  const std::string name = Submitted().name();
  bob_.key().Tell("touch");
  carl_.key().Tell("touch");
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Wait(name));
  ASSERT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  audit::Anchors anchors;
  ASSERT_OK(anchors.Add(site_.camera_pins()));
  audit::VerifyExportOptions options;
  options.complete = true;
  std::istringstream input(site_.ExportAudit());
  const audit::ExportReport report =
      audit::VerifyExport(input, anchors, std::move(options));
  EXPECT_FALSE(report.fault.has_value())
      << report.fault->record << " " << report.fault->step << " "
      << report.fault->why;
}

TEST_F(QuorumTest, BreakGlassTakesTwoPinnedKeysAndNotTheOwners) {
  site_.TellToken("unplug");
  command_gate::v1::SubmitCommandRequest emergency;
  emergency.mutable_item()->set_device("cam-1");
  emergency.mutable_item()->set_operation("camera.off");
  emergency.mutable_options()->set_on_behalf_of("ann");
  emergency.mutable_options()->set_purpose(proof::v1::PURPOSE_BREAK_GLASS);
  emergency.mutable_options()->set_break_glass_reason("somebody is undressed");
  ASSERT_OK_AND_ASSIGN(const CommandRecord asked,
                       site_.SubmitRequest(emergency));
  bob_.key().Tell("touch");
  WaitFor(asked.name(), "bob", command_gate::v1::APPROVAL_STATE_ACCEPTED);
  EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.off")));
  carl_.key().Tell("touch");
  ASSERT_OK_AND_ASSIGN(const CommandRecord done, site_.Wait(asked.name()));
  EXPECT_EQ(done.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << done.ShortDebugString();
  EXPECT_EQ(done.break_glass_reason(), "somebody is undressed");
  EXPECT_THAT(site_.camera_journal(), HasSubstr("camera.off"));
}

TEST_F(QuorumTest, AnApproverHearsWhatWaitsAndHowItEnds) {
  command_gate::v1::WatchApprovalsRequest request;
  request.set_account("bob");
  grpc::ClientContext context;
  const auto stream = site_.client().WatchApprovals(&context, request);
  const std::string name = Submitted().name();
  command_gate::v1::WatchApprovalsResponse heard;
  do {
    ASSERT_TRUE(stream->Read(&heard));
  } while (heard.approval().state() != command_gate::v1::APPROVAL_STATE_ASKED);
  EXPECT_EQ(heard.approval().name(), name);
  EXPECT_EQ(heard.approval().gateway(), "g1");
  EXPECT_EQ(heard.approval().commands_size(), 1);
  EXPECT_EQ(heard.approval().statement(), "");
  bob_.key().Tell("touch");
  ASSERT_TRUE(stream->Read(&heard));
  EXPECT_EQ(heard.approval().state(),
            command_gate::v1::APPROVAL_STATE_ACCEPTED);
  context.TryCancel();
  stream->Finish();
}

}  // namespace
}  // namespace u2fi::e2e
