// Ann gives her camera to bob: she touches at her gateway, he at his. From then
// on it believes his key and no other. Real services, real TLS, real U2FHID
// frames; the camera checks both touches by itself.
#include <sstream>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "services/common/audit/verify_export.h"
#include "services/common/proof/pin_set.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "tests/e2e/person.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using testing::HasSubstr;

class TransferTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(const CommandRecord enrolled, site_.Enrol());
    ASSERT_EQ(enrolled.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    ASSERT_OK_AND_ASSIGN(const CommandRecord provisioned, site_.Provision());
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    bob_.GoHome();
  }

  static command_gate::v1::SubmitCommandRequest Request(
      const std::string& account, const std::string& operation,
      proof::v1::Purpose purpose) {
    command_gate::v1::SubmitCommandRequest submit;
    submit.mutable_item()->set_device("cam-1");
    submit.mutable_item()->set_operation(operation);
    submit.mutable_options()->set_on_behalf_of(account);
    submit.mutable_options()->set_purpose(purpose);
    submit.mutable_options()->mutable_approve_within()->set_seconds(10);
    submit.mutable_options()->mutable_execute_within()->set_seconds(20);
    return submit;
  }
  absl::StatusOr<CommandRecord> SubmitTransfer() {
    device_registry::v1::PlanPinsRequest plan;
    plan.set_purpose(proof::v1::PURPOSE_TRANSFER);
    plan.add_devices("cam-1");
    plan.set_account("bob");
    const auto planned = site_.registry().planner().PlanPins(
        rpc::TestCaller("client/t1/app"), plan);
    if (!planned.ok()) return planned.status();
    auto submit = Request("ann", "u2fi.pins", proof::v1::PURPOSE_TRANSFER);
    submit.mutable_item()->set_message(planned->plans(0).pin_set());
    return site_.SubmitRequest(submit);
  }
  CommandRecord EndOf(const absl::StatusOr<CommandRecord>& submitted) {
    EXPECT_OK(submitted);
    if (!submitted.ok()) return CommandRecord();
    const auto done = site_.Wait(submitted->name());
    EXPECT_OK(done);
    return done.ok() ? *done : CommandRecord();
  }
  void ExpectDone(const CommandRecord& record) {
    EXPECT_EQ(record.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << record.ShortDebugString()
        << testing::PrintToString(site_.camera_said());
  }
  std::string Owner() {
    device_registry::v1::GetDeviceRequest get;
    get.set_name("devices/cam-1");
    const auto device = site_.registry().reader().GetDevice(
        rpc::TestCaller("operator/t1/olga"), get);
    EXPECT_OK(device);
    return device.ok() ? device->device().account() : "";
  }
  absl::StatusOr<CommandRecord> TurnOnFor(const std::string& account,
                                          const std::string& gateway = "") {
    auto submit = Request(account, "camera.on", proof::v1::PURPOSE_COMMAND);
    submit.mutable_options()->mutable_place()->set_gateway(gateway);
    return site_.SubmitRequest(submit);
  }

  OneSite site_;
  Person bob_{site_, "bob"};
};

TEST_F(TransferTest, TwoTouchesMakeTheCameraBobs) {
  ExpectDone(EndOf(SubmitTransfer()));
  EXPECT_EQ(Owner(), "bob");
  device_registry::v1::ListPinRevisionsRequest list;
  list.set_device("cam-1");
  ASSERT_OK_AND_ASSIGN(const auto history,
                       site_.registry().reader().ListPinRevisions(
                           rpc::TestCaller("operator/t1/olga"), list));
  ASSERT_EQ(history.pin_revisions_size(), 2);
  ASSERT_OK_AND_ASSIGN(
      const auto pins,
      proof::PinSet::Parse(history.pin_revisions(0).pin_set()));
  EXPECT_EQ(pins.fields().account(), "bob");
}

TEST_F(TransferTest, ThenItIsBobWhoTurnsItOnFromHis) {
  ExpectDone(EndOf(SubmitTransfer()));
  EXPECT_THAT(TurnOnFor("ann"), HasReason(reason::kNotAMember));
  ExpectDone(EndOf(TurnOnFor("bob", "g-bob")));
  EXPECT_THAT(site_.camera_journal(), HasSubstr("camera.on"));
}

TEST_F(TransferTest, WithoutBobsTouchItStaysAnns) {
  bob_.key().Tell("auto off");
  const CommandRecord record = EndOf(SubmitTransfer());
  EXPECT_EQ(record.state(), command_gate::v1::COMMAND_STATE_EXPIRED)
      << record.ShortDebugString();
  EXPECT_EQ(Owner(), "ann");
  ExpectDone(EndOf(TurnOnFor("ann")));
}

TEST_F(TransferTest, AndWithoutAnns) {
  site_.TellToken("auto off");
  const CommandRecord record = EndOf(SubmitTransfer());
  EXPECT_EQ(record.state(), command_gate::v1::COMMAND_STATE_EXPIRED);
  EXPECT_EQ(Owner(), "ann");
}

TEST_F(TransferTest, BobCannotTakeItByAsking) {
  device_registry::v1::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_TRANSFER);
  plan.add_devices("cam-1");
  plan.set_account("bob");
  ASSERT_OK_AND_ASSIGN(const auto planned,
                       site_.registry().planner().PlanPins(
                           rpc::TestCaller("client/t1/app"), plan));
  auto submit = Request("bob", "u2fi.pins", proof::v1::PURPOSE_TRANSFER);
  submit.mutable_item()->set_message(planned.plans(0).pin_set());
  EXPECT_THAT(site_.SubmitRequest(submit), HasReason(reason::kNotAMember));
}

TEST_F(TransferTest, TheAuditOfItVerifiesOffline) {
  const std::string genesis = site_.camera_pins();
  ExpectDone(EndOf(SubmitTransfer()));
  std::istringstream file(site_.ExportAudit());
  audit::Anchors anchors;
  ASSERT_OK(anchors.Add(genesis));
  const audit::ExportReport report = audit::VerifyExport(file, anchors, {});
  EXPECT_FALSE(report.fault.has_value()) << report.fault->why;
}

}  // namespace
}  // namespace u2fi::e2e
