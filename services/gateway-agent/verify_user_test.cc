#include "services/gateway-agent/verify_user.h"

#include <string>
#include <utility>
#include <vector>

#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/fake_pins.h"
#include "services/gateway-agent/fake_tokens.h"

namespace u2fi::gateway_agent {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A key with the PIN tulip-7 and somebody who types.
class VerifyUserTest : public testing::Test {
 protected:
  VerifyUserTest() {
    tokens_.Plug("p", "k1", false, true);
    tokens_.SetPin("p", "tulip-7", 8);
  }
  absl::Status Verify(bool wanted) {
    const auto opened = tokens_.Find({});
    CueText text;
    text.approval_id = "q1";
    const u2fhid::WaitLimit limit{absl::InfiniteDuration(), cancel_};
    ctap2::Ctap2Key& key = *opened[0]->ctap2();
    return WithUserVerified(wanted, text, key, pins_, limit,
                            [this](const ctap2::Pin* pin) { return Use(pin); });
  }
  absl::Status Use(const ctap2::Pin* pin) {
    used_.push_back(pin == nullptr ? "" : pin->c_str());
    if (!answer_.ok()) return std::exchange(answer_, absl::OkStatus());
    return pin == nullptr ? absl::OkStatus() : tokens_.TryPin("p", *pin);
  }
  static absl::Status Status(const std::string& code) {
    return Error(reason::kDeviceStatus, "refused", {{"status", code}});
  }

  FakeTokens tokens_;
  FakePins pins_;
  u2fhid::CancelFlag cancel_;
  std::vector<std::string> used_;
  // What the key says first, unless it is OK.
  absl::Status answer_;
};

TEST_F(VerifyUserTest, WhereItIsNotWantedNoPinIsAskedFor) {
  EXPECT_OK(Verify(false));
  EXPECT_THAT(used_, ElementsAre(""));
  EXPECT_THAT(pins_.prompts(), IsEmpty());
}

TEST_F(VerifyUserTest, WhereItIsWantedThePinIsAskedFor) {
  pins_.Type("tulip-7");
  EXPECT_OK(Verify(true));
  EXPECT_THAT(used_, ElementsAre("tulip-7"));
  ASSERT_EQ(pins_.prompts().size(), 1u);
  EXPECT_EQ(pins_.prompts()[0].text.approval_id, "q1");
  EXPECT_EQ(pins_.prompts()[0].tries_left, 8);
  EXPECT_FALSE(pins_.prompts()[0].was_wrong);
}

TEST_F(VerifyUserTest, AfterAWrongOneItIsAskedForAgainWithOneTryLess) {
  pins_.Type("wrong");
  pins_.Type("tulip-7");
  EXPECT_OK(Verify(true));
  EXPECT_THAT(used_, ElementsAre("wrong", "tulip-7"));
  EXPECT_EQ(pins_.prompts()[1].tries_left, 7);
  EXPECT_TRUE(pins_.prompts()[1].was_wrong);
}

TEST_F(VerifyUserTest, WithoutAnotherPinItEnds) {
  pins_.Type("wrong");
  EXPECT_THAT(Verify(true), HasReason(reason::kPinTimeout));
  EXPECT_THAT(used_, ElementsAre("wrong"));
}

TEST_F(VerifyUserTest, WhenNoTryIsLeftNobodyIsAsked) {
  tokens_.SetPin("p", "tulip-7", 0);
  EXPECT_THAT(Verify(true), HasReason(reason::kPinBlocked));
  EXPECT_THAT(pins_.prompts(), IsEmpty());
  EXPECT_THAT(used_, IsEmpty());
}

TEST_F(VerifyUserTest, WhatTheKeySaysOfItsPinIsPassedOn) {
  for (const Reason& said :
       {reason::kPinAuthBlocked, reason::kPinBlocked, reason::kTouchTimeout}) {
    pins_.Type("tulip-7");
    answer_ = Error(said, "no");
    EXPECT_THAT(Verify(true), HasReason(said));
  }
}

TEST_F(VerifyUserTest, AKeyThatVerifiesNobodyIsRefused) {
  tokens_.SetPin("p", "", 8);
  EXPECT_THAT(Verify(true), HasReason(reason::kPinNotSet));
  EXPECT_THAT(used_, IsEmpty());
}

TEST_F(VerifyUserTest, AKeyThatRecognisesItsUserNeedsNoPin) {
  tokens_.SetRecognises("p", true);
  EXPECT_OK(Verify(true));
  EXPECT_THAT(used_, ElementsAre(""));
}

TEST_F(VerifyUserTest, WhomItDoesNotRecogniseGivesThePin) {
  tokens_.SetRecognises("p", true);
  for (const char* code : {"3c", "3f"}) {
    used_.clear();
    pins_.Type("tulip-7");
    answer_ = Status(code);
    EXPECT_OK(Verify(true));
    EXPECT_THAT(used_, ElementsAre("", "tulip-7"));
  }
  answer_ = Status("2e");
  EXPECT_THAT(Verify(true), HasReason(reason::kDeviceStatus));
}

TEST_F(VerifyUserTest, AKeyThatWantsItsPinForWhateverGetsIt) {
  pins_.Type("tulip-7");
  answer_ = Error(reason::kPinRequired, "wanted");
  EXPECT_OK(Verify(false));
  EXPECT_THAT(used_, ElementsAre("", "tulip-7"));
}

}  // namespace
}  // namespace u2fi::gateway_agent
