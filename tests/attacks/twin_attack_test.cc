// The twin (r, n - s) of an accepted touch in a quorum: it verifies, and is no
// second person.
#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "tests/attacks/twin.h"
#include "tests/e2e/person.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandItem;
using command_gate::v1::CommandRecord;
using gateway::v1::GatewayMessage;
using testing::HasSubstr;
using testing::Not;

class TwinAttackTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(site_.Enrol());
    proof::v1::Evidence evidence;
    *evidence.add_enrolments() = bob_.Enrolment();
    *evidence.add_enrolments() = carl_.Enrolment();
    ASSERT_OK_AND_ASSIGN(
        const CommandRecord provisioned,
        site_.Provision({bob_.Pinned(proof::v1::KEY_ROLE_APPROVER),
                         carl_.Pinned(proof::v1::KEY_ROLE_APPROVER)},
                        evidence));
    ASSERT_EQ(provisioned.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
    ASSERT_OK(site_.Run("camera.on"));
    carl_.key().Tell("auto off");
  }
  ~TwinAttackTest() override { site_.Tap(nullptr); }

  // After bob's answer its twin goes up as the answer to `slot`.
  void AddTwinFor(int slot) {
    site_.Tap([this, slot](GatewayMessage& message) {
      if (!message.approval_answer().has_assertion()) return true;
      site_.SendUp(message);
      GatewayMessage twin = message;
      gateway::v1::ApprovalAnswer& answer = *twin.mutable_approval_answer();
      *answer.mutable_assertion() =
          attacks::TwinOf(answer.assertion(), site_.gateway_key());
      answer.set_approval_id(answer.approval_id().substr(0, 26) + "-" +
                             std::to_string(slot) + "-1");
      site_.SendUp(twin);
      return false;
    });
  }
  void ExpectNoPicture() {
    CommandItem item;
    item.set_device("cam-1");
    item.set_operation("camera.snapshot");
    ASSERT_OK_AND_ASSIGN(const CommandRecord submitted,
                         site_.Submit(item, proof::v1::PURPOSE_COMMAND));
    ASSERT_OK_AND_ASSIGN(const CommandRecord ended,
                         site_.Wait(submitted.name()));
    EXPECT_NE(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
        << ended.ShortDebugString();
    EXPECT_THAT(site_.camera_journal(), Not(HasSubstr("camera.snapshot")));
  }

  OneSite site_{{"bob", "carl"}};
  Person bob_{site_, "bob"};
  Person carl_{site_, "carl"};
};

TEST_F(TwinAttackTest, ASecondAnswerOfTheSamePersonDoesNotCount) {
  AddTwinFor(0);
  ExpectNoPicture();
}

TEST_F(TwinAttackTest, ItIsNotTheAnswerOfAnotherPerson) {
  AddTwinFor(1);
  ExpectNoPicture();
}

}  // namespace
}  // namespace u2fi::e2e
