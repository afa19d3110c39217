#include "services/gateway-agent/pin_desk.h"

#include <string>
#include <thread>

#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::gateway_agent {
namespace {

// Counts what it was told.
class CountingCue : public Cue {
 public:
  void On(const CueText&) override {}
  void WantPin(const PinPrompt& prompt) override { last = prompt.tries_left; }
  void Off(const CueText&, const std::string&) override {}
  int last = 0;
};

class PinDeskTest : public testing::Test {
 protected:
  static PinPrompt Prompt(int tries_left = 8) {
    PinPrompt prompt;
    prompt.text.approval_id = "q1";
    prompt.tries_left = tries_left;
    return prompt;
  }
  // Asks on a thread of its own.
  void Ask(const PinPrompt& prompt) {
    asking_ = std::thread([this, prompt] {
      auto pin =
          desk_.Ask(prompt, {clock_.Uptime() + absl::Minutes(1), cancel_});
      status_ = pin.status();
      if (pin.ok()) got_ = pin->c_str();
    });
    while (desk_.Wanted().empty()) std::this_thread::yield();
  }
  absl::Status Give(const std::string& pin, int tries_left = 8,
                    bool last_try = false, const std::string& id = "q1") {
    return desk_.Give({id, tries_left, last_try, pin});
  }
  void Wait() { asking_.join(); }

  FakeClock clock_;
  CountingCue cue_;
  PinDesk desk_{clock_, cue_};
  u2fhid::CancelFlag cancel_;
  std::thread asking_;
  absl::Status status_;
  std::string got_;
};

TEST_F(PinDeskTest, ThePinGoesToTheKeyThatWantsIt) {
  Ask(Prompt());
  EXPECT_OK(Give("tulip-7"));
  Wait();
  EXPECT_OK(status_);
  EXPECT_EQ(got_, "tulip-7");
  EXPECT_EQ(cue_.last, 8);
  EXPECT_TRUE(desk_.Wanted().empty());
}

TEST_F(PinDeskTest, WhatIsWantedIsSaid) {
  Ask(Prompt(5));
  EXPECT_EQ(desk_.WantedFor("q1")->tries_left, 5);
  EXPECT_FALSE(desk_.WantedFor("q2").has_value());
  EXPECT_OK(Give("tulip-7", 5));
  EXPECT_FALSE(desk_.WantedFor("q1").has_value());
  Wait();
}

TEST_F(PinDeskTest, OnlyWhatIsWantedIsTaken) {
  EXPECT_THAT(Give("tulip-7"), HasReason(reason::kResourceUnknown));
  Ask(Prompt());
  EXPECT_THAT(Give("tulip-7", 8, false, "q2"),
              HasReason(reason::kResourceUnknown));
  EXPECT_OK(Give("tulip-7"));
  Wait();
  EXPECT_THAT(Give("tulip-7"), HasReason(reason::kResourceUnknown));
}

TEST_F(PinDeskTest, APinThatIsSentTwiceIsNotTriedTwice) {
  Ask(Prompt(7));
  EXPECT_THAT(Give("tulip-7", 8), HasReason(reason::kResourceUnknown));
  EXPECT_OK(Give("tulip-7", 7));
  Wait();
}

TEST_F(PinDeskTest, WhatCanBeNoPinIsNotTried) {
  Ask(Prompt());
  EXPECT_THAT(Give("123"), HasReason(reason::kInvalidField));
  EXPECT_TRUE(desk_.WantedFor("q1").has_value());
  EXPECT_OK(Give("1234"));
  Wait();
}

TEST_F(PinDeskTest, TheLastTryIsNotUsedUnasked) {
  Ask(Prompt(1));
  EXPECT_THAT(Give("tulip-7", 1), HasReason(reason::kPinLastTry));
  EXPECT_OK(Give("tulip-7", 1, true));
  Wait();
  EXPECT_EQ(got_, "tulip-7");
}

TEST_F(PinDeskTest, ItWaitsUntilTheDeadline) {
  Ask(Prompt());
  clock_.Advance(absl::Minutes(1));
  Wait();
  EXPECT_THAT(status_, HasReason(reason::kPinTimeout));
  EXPECT_TRUE(desk_.Wanted().empty());
}

TEST_F(PinDeskTest, SomebodyMaySayNo) {
  Ask(Prompt());
  cancel_.Cancel();
  Wait();
  EXPECT_THAT(status_, HasReason(reason::kTokenCancelled));
}

}  // namespace
}  // namespace u2fi::gateway_agent
