#include "services/command-gate/new_keys.h"

#include <string>

#include "gtest/gtest.h"
#include "services/command-gate/fake_registry.h"
#include "services/common/proof/command.h"
#include "services/common/proof/fake_enrolment.h"
#include "services/common/proof/fake_site.h"
#include "services/common/proof/pin_set.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

// Alice adds zoe's key to what her device believes.
class NewKeysTest : public testing::Test {
 protected:
  NewKeysTest() {
    registry_.pins = site_.FirstPins();
    next_ = proof::FakeSite::Next(*proof::PinSet::Encode(registry_.pins));
    *next_.add_keys() = zoe_.Pinned(proof::v1::KEY_ROLE_MEMBER);
    command_.tenant = "acme";
    command_.row.set_purpose(proof::v1::PURPOSE_PINS);
    AddTouch("alice", "tok-alice");
  }
  void AddTouch(const std::string& account, const std::string& token) {
    records::v1::Slot& slot = *command_.row.add_slots();
    slot.set_account(account);
    slot.set_state(v1::APPROVAL_STATE_ACCEPTED);
    slot.mutable_approval()->set_token_id(token);
  }
  absl::Status Check(const std::string& operation = "u2fi.pins") {
    command_.row.set_operation(operation);
    command_.row.set_command(*proof::EncodeCommand(
        site_.Command("u2fi.pins", proof::PinSet::Encode(next_)->bytes())));
    return CheckNewKeys(registry_, command_, command_.row);
  }

  const proof::FakeSite site_;
  proof::FakeToken zoe_{"tok-zoe", "zoe"};
  FakeRegistry registry_;
  proof::v1::PinSet next_;
  StoredCommand command_;
};

TEST_F(NewKeysTest, AKeyThatNobodyEnrolledIsRefused) {
  EXPECT_THAT(Check(), HasReason(reason::kEnrolmentMissing));
}

TEST_F(NewKeysTest, AKeyWithAnEnrolmentIsNot) {
  *command_.row.mutable_evidence()->add_enrolments() = proof::FakeEnrolment(
      site_, zoe_, proof::FakeEnrolCommand(site_, zoe_), {{&zoe_, &site_.gw1}});
  EXPECT_OK(Check());
}

TEST_F(NewKeysTest, NorIsOneForWhatItWasNotEnrolledFor) {
  *command_.row.mutable_evidence()->add_enrolments() = proof::FakeEnrolment(
      site_, zoe_, proof::FakeEnrolCommand(site_, zoe_, 0, false, site_.site),
      {{&zoe_, &site_.gw1}});
  EXPECT_THAT(Check(), HasReason(reason::kEnrolmentInvalid));
}

TEST_F(NewKeysTest, WhoApprovedNeedsNoEnrolment) {
  AddTouch("zoe", "tok-zoe");
  EXPECT_OK(Check());
}

TEST_F(NewKeysTest, KeysThatTheDeviceBelievesNeedNone) {
  next_.mutable_keys()->RemoveLast();
  EXPECT_OK(Check());
}

TEST_F(NewKeysTest, ABlankDeviceBelievesNone) {
  command_.row.set_purpose(proof::v1::PURPOSE_PROVISION);
  EXPECT_THAT(Check(), HasReason(reason::kEnrolmentMissing));
}

TEST_F(NewKeysTest, OtherOperationsBringNoKeys) {
  EXPECT_OK(Check("u2fi.unbind"));
}

}  // namespace
}  // namespace u2fi::command_gate
