#include "services/common/ctap2/ctap2_wire.h"

#include <string>

#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/loop_transport.h"

namespace u2fi::ctap2 {
namespace {

using u2fhid::Command;

constexpr uint8_t kCbor = static_cast<uint8_t>(Command::kCbor);

// Answers each CTAP2 command with what the test says, and counts them.
class AnsweringToken : public u2fhid::HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view) override { return ""; }
  absl::optional<std::string> OnCbor(absl::string_view request) override {
    last_ = std::string(request);
    return answer_;
  }
  void OnAbort() override { aborted_ = true; }
  void OnWink() override {}

  absl::optional<std::string> answer_ = "answer";
  std::string last_;
  bool aborted_ = false;
};

class Ctap2WireTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(host_.Open(limit_));
    wire_.Begin(limit_);
  }
  // Lets another program have the token, until the wire pauses `times`.
  void KeepBusy(int times) {
    pauses_until_free_ = times;
    other_.Open(limit_).IgnoreError();
    const auto packets =
        u2fhid::Fragment({2, Command::kPing, std::string(100, 'p')});
    device_.OnReport(packets->at(0));
  }

  FakeClock clock_;
  FakeRandomSource random_;
  AnsweringToken handler_;
  u2fhid::HidDevice device_{
      clock_, handler_, {2, 5, 6, 7, u2fhid::kCapabilityCbor}};
  u2fhid::LoopTransport transport_{clock_, device_};
  u2fhid::HidHost host_{transport_, clock_, random_, {}};
  u2fhid::HidHost other_{transport_, clock_, random_, {}};
  u2fhid::CancelFlag cancel_;
  const u2fhid::WaitLimit limit_{clock_.Uptime() + absl::Seconds(10), cancel_};
  int pauses_ = 0;
  int pauses_until_free_ = 0;
  Ctap2Wire wire_{host_,
                  clock_,
                  {absl::Milliseconds(200),
                   [this](absl::Duration pause, u2fhid::CancelFlag&) {
                     clock_.Advance(pause);
                     if (++pauses_ == pauses_until_free_) {
                       clock_.Advance(absl::Seconds(1));
                       device_.OnTick();
                       device_.TakeReports();
                     }
                   }}};
};

TEST_F(Ctap2WireTest, InitIsAnsweredWithWhatTheKeySaid) {
  ASSERT_TRUE(wire_.Send(static_cast<uint8_t>(Command::kInit), "nonce678"));
  EXPECT_THAT(wire_.Receive(17),
              IsOkAndHolds(std::string("nonce678\0\0\0\1\2\5\6\7\4", 17)));
  EXPECT_EQ(handler_.last_, "");
}

TEST_F(Ctap2WireTest, CborGoesToTheKey) {
  ASSERT_TRUE(wire_.Send(kCbor, "\x04"));
  EXPECT_THAT(wire_.Receive(100), IsOkAndHolds(std::string("answer")));
  EXPECT_EQ(handler_.last_, "\x04");
}

TEST_F(Ctap2WireTest, NothingElseIsSent) {
  EXPECT_FALSE(wire_.Send(static_cast<uint8_t>(Command::kMsg), "apdu"));
}

TEST_F(Ctap2WireTest, AnAnswerHasItsBound) {
  wire_.Send(kCbor, "\x04");
  EXPECT_THAT(wire_.Receive(5), HasReason(reason::kTokenFrame));
  EXPECT_THAT(wire_.error(), HasReason(reason::kTokenFrame));
}

TEST_F(Ctap2WireTest, AnAnswerIsCborWithinBounds) {
  // An array that says that it has 2^32 - 1 items.
  handler_.answer_ = std::string("\0\x9a\xff\xff\xff\xff", 6);
  wire_.Send(kCbor, "\x04");
  EXPECT_THAT(wire_.Receive(100), HasReason(reason::kTokenFrame));
  handler_.answer_ = std::string("\0\x80", 2);
  wire_.Begin(limit_);
  EXPECT_OK(wire_.Receive(100));
}

TEST_F(Ctap2WireTest, TheErrorIsRememberedUntilTheNextBegin) {
  transport_.Remove();
  wire_.Send(kCbor, "\x04");
  EXPECT_THAT(wire_.Receive(100), HasReason(reason::kTokenRemoved));
  EXPECT_THAT(wire_.error(), HasReason(reason::kTokenRemoved));
  wire_.Begin(limit_);
  EXPECT_OK(wire_.error());
}

TEST_F(Ctap2WireTest, ABusyKeyIsAskedAgain) {
  KeepBusy(1);
  wire_.Send(kCbor, "\x04");
  EXPECT_THAT(wire_.Receive(100), IsOkAndHolds(std::string("answer")));
  EXPECT_EQ(pauses_, 1);
}

TEST_F(Ctap2WireTest, ATouchThatNeverComesEndsAtTheDeadline) {
  handler_.answer_ = absl::nullopt;
  wire_.Send(kCbor, "\x01");
  EXPECT_THAT(wire_.Receive(100), HasReason(reason::kTouchTimeout));
  EXPECT_TRUE(handler_.aborted_);
}

TEST_F(Ctap2WireTest, ThereIsNoPauseBeyondTheDeadline) {
  clock_.Advance(absl::Milliseconds(9799));
  EXPECT_TRUE(wire_.Pause());
  clock_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(wire_.Pause());
  EXPECT_EQ(pauses_, 1);
}

}  // namespace
}  // namespace u2fi::ctap2
