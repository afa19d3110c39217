#include "services/common/u2fhid/hid_device.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::u2fhid {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// Answers each APDU with "re: " in front, or not yet.
class EchoHandler : public HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view apdu) override {
    if (hold_) return absl::nullopt;
    return "re: " + std::string(apdu);
  }
  absl::optional<std::string> OnCbor(absl::string_view request) override {
    if (hold_) return absl::nullopt;
    return "cbor: " + std::string(request);
  }
  void OnAbort() override { ++aborts_; }
  void OnWink() override { ++winks_; }

  bool hold_ = false;
  int aborts_ = 0;
  int winks_ = 0;
};

class HidDeviceTest : public testing::Test {
 protected:
  explicit HidDeviceTest(uint8_t capabilities = kCapabilityWink)
      : device_(clock_, handler_, {2, 1, 2, 3, capabilities}) {
    first_ = Allocate();
    second_ = Allocate();
  }
  std::vector<Report> Packets(uint32_t channel, Command command,
                              const std::string& payload) {
    absl::StatusOr<std::vector<Report>> reports =
        Fragment({channel, command, payload});
    EXPECT_OK(reports);
    return *reports;
  }
  std::vector<Report> SendReport(const Report& report) {
    device_.OnReport(report);
    return device_.TakeReports();
  }
  std::vector<Report> Send(uint32_t channel, Command command,
                           const std::string& payload) {
    for (const Report& report : Packets(channel, command, payload)) {
      device_.OnReport(report);
    }
    return device_.TakeReports();
  }
  uint32_t Allocate() {
    const std::vector<Report> answer =
        Send(kBroadcastChannel, Command::kInit, "12345678");
    EXPECT_THAT(answer, SizeIs(1));
    const absl::string_view data = ParseFrame(answer.at(0)).data;
    return static_cast<uint8_t>(data[11]);
  }
  // The one ERROR in `reports`, or kNone.
  HidError ErrorIn(const std::vector<Report>& reports) {
    if (reports.size() != 1) return HidError::kNone;
    const Frame frame = ParseFrame(reports[0]);
    if (frame.command != Command::kError) return HidError::kNone;
    return static_cast<HidError>(frame.data[0]);
  }
  // Begins a request on the first channel and leaves it unfinished.
  void BeginLongPing() {
    long_ping_ = Packets(first_, Command::kPing, std::string(100, 'p'));
    EXPECT_THAT(SendReport(long_ping_[0]), IsEmpty());
  }

  FakeClock clock_;
  EchoHandler handler_;
  HidDevice device_;
  uint32_t first_;
  uint32_t second_;
  std::vector<Report> long_ping_;
};

TEST_F(HidDeviceTest, InitAnswersWithNonceChannelAndVersions) {
  const std::vector<Report> answer =
      Send(kBroadcastChannel, Command::kInit, "nonce678");
  ASSERT_THAT(answer, SizeIs(1));
  const Frame frame = ParseFrame(answer[0]);
  EXPECT_EQ(frame.channel, kBroadcastChannel);
  EXPECT_EQ(frame.length, 17);
  EXPECT_EQ(
      frame.data.substr(0, 17),
      absl::string_view("nonce678\x00\x00\x00\x03\x02\x01\x02\x03\x01", 17));
}

TEST_F(HidDeviceTest, EachInitGivesAnotherChannel) {
  EXPECT_NE(first_, second_);
}

TEST_F(HidDeviceTest, InitOfAnotherLengthIsRefused) {
  EXPECT_EQ(ErrorIn(Send(kBroadcastChannel, Command::kInit, "1234567")),
            HidError::kInvalidLength);
}

TEST_F(HidDeviceTest, InitOnAnUnknownChannelIsRefused) {
  EXPECT_EQ(ErrorIn(Send(99, Command::kInit, "12345678")),
            HidError::kInvalidChannel);
}

TEST_F(HidDeviceTest, InitOnAnOpenChannelAnswersThere) {
  const std::vector<Report> answer = Send(first_, Command::kInit, "12345678");
  ASSERT_THAT(answer, SizeIs(1));
  EXPECT_EQ(ParseFrame(answer[0]).channel, first_);
  EXPECT_EQ(ParseFrame(answer[0]).data[11], static_cast<char>(first_));
}

TEST_F(HidDeviceTest, PingEchoesTheLongestMessage) {
  const std::string payload(kMaxMessage, 'p');
  EXPECT_EQ(Send(first_, Command::kPing, payload),
            Packets(first_, Command::kPing, payload));
}

TEST_F(HidDeviceTest, WinkReachesTheToken) {
  EXPECT_EQ(Send(first_, Command::kWink, ""),
            Packets(first_, Command::kWink, ""));
  EXPECT_EQ(handler_.winks_, 1);
}

TEST_F(HidDeviceTest, WinkWithDataIsRefused) {
  EXPECT_EQ(ErrorIn(Send(first_, Command::kWink, "x")),
            HidError::kInvalidLength);
  EXPECT_EQ(handler_.winks_, 0);
}

TEST_F(HidDeviceTest, MsgGoesToTheHandler) {
  EXPECT_EQ(Send(first_, Command::kMsg, "apdu"),
            Packets(first_, Command::kMsg, "re: apdu"));
}

TEST_F(HidDeviceTest, AnEmptyMsgIsRefused) {
  EXPECT_EQ(ErrorIn(Send(first_, Command::kMsg, "")), HidError::kInvalidLength);
}

TEST_F(HidDeviceTest, AnUnknownCommandIsRefused) {
  EXPECT_EQ(ErrorIn(Send(first_, static_cast<Command>(0x12), "?")),
            HidError::kInvalidCommand);
}

TEST_F(HidDeviceTest, AU2fTokenRefusesCbor) {
  EXPECT_EQ(ErrorIn(Send(first_, Command::kCbor, "\x04")),
            HidError::kInvalidCommand);
}

TEST_F(HidDeviceTest, AU2fTokenRefusesCancel) {
  EXPECT_EQ(ErrorIn(Send(first_, Command::kCancel, "")),
            HidError::kInvalidCommand);
}

TEST_F(HidDeviceTest, ARequestOnTheReservedChannelIsRefused) {
  EXPECT_EQ(ErrorIn(Send(kReservedChannel, Command::kPing, "p")),
            HidError::kInvalidChannel);
}

TEST_F(HidDeviceTest, ARequestOnTheBroadcastChannelIsRefused) {
  EXPECT_EQ(ErrorIn(Send(kBroadcastChannel, Command::kPing, "p")),
            HidError::kInvalidChannel);
}

TEST_F(HidDeviceTest, ARequestOnAChannelNeverGivenIsRefused) {
  EXPECT_EQ(ErrorIn(Send(second_ + 1, Command::kPing, "p")),
            HidError::kInvalidChannel);
}

TEST_F(HidDeviceTest, TooLongARequestIsRefused) {
  Report report = Packets(first_, Command::kPing, "p")[0];
  report[5] = 0xff;
  EXPECT_EQ(ErrorIn(SendReport(report)), HidError::kInvalidLength);
}

TEST_F(HidDeviceTest, AContinuationOutOfNowhereIsIgnored) {
  const std::vector<Report> packets =
      Packets(first_, Command::kPing, std::string(100, 'p'));
  EXPECT_THAT(SendReport(packets[1]), IsEmpty());
}

TEST_F(HidDeviceTest, AWrongSequenceNumberDropsTheRequest) {
  BeginLongPing();
  Report wrong = long_ping_[1];
  wrong[4] = 5;
  EXPECT_EQ(ErrorIn(SendReport(wrong)), HidError::kInvalidSequence);
  EXPECT_THAT(SendReport(long_ping_[1]), IsEmpty());
}

TEST_F(HidDeviceTest, ANewRequestInTheMiddleOfOneDropsIt) {
  BeginLongPing();
  EXPECT_EQ(ErrorIn(Send(first_, Command::kPing, "p")),
            HidError::kInvalidSequence);
  EXPECT_EQ(Send(first_, Command::kPing, "p"),
            Packets(first_, Command::kPing, "p"));
}

TEST_F(HidDeviceTest, AnotherChannelFindsTheTokenBusy) {
  BeginLongPing();
  EXPECT_EQ(ErrorIn(Send(second_, Command::kPing, "p")),
            HidError::kChannelBusy);
}

TEST_F(HidDeviceTest, ABusyAnswerDoesNotDisturbTheRequest) {
  BeginLongPing();
  Send(second_, Command::kPing, "p");
  EXPECT_EQ(SendReport(long_ping_[1]), long_ping_);
}

TEST_F(HidDeviceTest, AContinuationOfAnotherChannelIsIgnored) {
  BeginLongPing();
  Report other = long_ping_[1];
  other[3] = static_cast<uint8_t>(second_);
  EXPECT_THAT(SendReport(other), IsEmpty());
  EXPECT_EQ(SendReport(long_ping_[1]), long_ping_);
}

TEST_F(HidDeviceTest, InitOnItsChannelDropsTheRequest) {
  BeginLongPing();
  EXPECT_THAT(Send(first_, Command::kInit, "12345678"), SizeIs(1));
  EXPECT_THAT(SendReport(long_ping_[1]), IsEmpty());
  EXPECT_EQ(Send(second_, Command::kPing, "p"),
            Packets(second_, Command::kPing, "p"));
}

TEST_F(HidDeviceTest, InitOnAnotherOpenChannelFindsTheTokenBusy) {
  BeginLongPing();
  EXPECT_EQ(ErrorIn(Send(second_, Command::kInit, "12345678")),
            HidError::kChannelBusy);
}

TEST_F(HidDeviceTest, ANewHostGetsItsChannelDuringARequest) {
  BeginLongPing();
  EXPECT_GT(Allocate(), second_);
  EXPECT_EQ(SendReport(long_ping_[1]), long_ping_);
}

TEST_F(HidDeviceTest, ARequestThatStopsIsDropped) {
  BeginLongPing();
  EXPECT_EQ(device_.NextTick(), clock_.Uptime() + absl::Milliseconds(500));
  clock_.Advance(absl::Milliseconds(500));
  device_.OnTick();
  EXPECT_EQ(ErrorIn(device_.TakeReports()), HidError::kMessageTimeout);
  EXPECT_EQ(device_.NextTick(), absl::nullopt);
}

TEST_F(HidDeviceTest, ARequestMayPauseForLess) {
  BeginLongPing();
  clock_.Advance(absl::Milliseconds(499));
  device_.OnTick();
  EXPECT_EQ(SendReport(long_ping_[1]), long_ping_);
}

TEST_F(HidDeviceTest, ALateContinuationDoesNotReviveARequest) {
  BeginLongPing();
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_EQ(ErrorIn(SendReport(long_ping_[1])), HidError::kMessageTimeout);
}

// A request that the token has not answered yet.
class HeldRequestTest : public HidDeviceTest {
 protected:
  HeldRequestTest() {
    handler_.hold_ = true;
    EXPECT_THAT(Send(first_, Command::kMsg, "apdu"), IsEmpty());
  }
};

TEST_F(HeldRequestTest, GetsAKeepaliveEachInterval) {
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(absl::Milliseconds(100));
    device_.OnTick();
    EXPECT_EQ(device_.TakeReports(),
              Packets(first_, Command::kKeepalive, "\x02"));
  }
}

TEST_F(HeldRequestTest, GetsItsAnswerLater) {
  device_.Complete("later");
  EXPECT_EQ(device_.TakeReports(), Packets(first_, Command::kMsg, "later"));
  EXPECT_EQ(handler_.aborts_, 0);
}

TEST_F(HeldRequestTest, IsAnsweredOnce) {
  device_.Complete("later");
  device_.TakeReports();
  device_.Complete("again");
  EXPECT_THAT(device_.TakeReports(), IsEmpty());
}

TEST_F(HeldRequestTest, KeepsOthersOut) {
  EXPECT_EQ(ErrorIn(Send(second_, Command::kPing, "p")),
            HidError::kChannelBusy);
}

TEST_F(HeldRequestTest, KeepsItsOwnChannelBusy) {
  EXPECT_EQ(ErrorIn(Send(first_, Command::kPing, "p")), HidError::kChannelBusy);
}

TEST_F(HeldRequestTest, IsAbortedByInitOnItsChannel) {
  EXPECT_THAT(Send(first_, Command::kInit, "12345678"), SizeIs(1));
  EXPECT_EQ(handler_.aborts_, 1);
  device_.Complete("too late");
  EXPECT_THAT(device_.TakeReports(), IsEmpty());
}

TEST_F(HeldRequestTest, IsAbortedByReset) {
  device_.Reset();
  EXPECT_EQ(handler_.aborts_, 1);
  EXPECT_EQ(ErrorIn(Send(first_, Command::kPing, "p")),
            HidError::kInvalidChannel);
}

TEST_F(HeldRequestTest, AnAnswerThatDoesNotFitIsAnError) {
  device_.Complete(std::string(kMaxMessage + 1, 'a'));
  EXPECT_EQ(ErrorIn(device_.TakeReports()), HidError::kOther);
}

TEST_F(HeldRequestTest, AnApduIsNotCancelledByCancel) {
  Send(first_, Command::kCancel, "");
  EXPECT_EQ(handler_.aborts_, 0);
}

// A token that speaks CTAP2 and nothing else.
class Ctap2DeviceTest : public HidDeviceTest {
 protected:
  Ctap2DeviceTest() : HidDeviceTest(kCapabilityCbor | kCapabilityNoMsg) {}
  void Hold() {
    handler_.hold_ = true;
    EXPECT_THAT(Send(first_, Command::kCbor, "\x01"), IsEmpty());
  }
};

TEST_F(Ctap2DeviceTest, CborGoesToTheHandler) {
  EXPECT_EQ(Send(first_, Command::kCbor, "q"),
            Packets(first_, Command::kCbor, "cbor: q"));
}

TEST_F(Ctap2DeviceTest, EmptyCborIsRefused) {
  EXPECT_EQ(ErrorIn(Send(first_, Command::kCbor, "")),
            HidError::kInvalidLength);
}

TEST_F(Ctap2DeviceTest, ApdusAreRefused) {
  EXPECT_EQ(ErrorIn(Send(first_, Command::kMsg, "apdu")),
            HidError::kInvalidCommand);
}

TEST_F(Ctap2DeviceTest, AHeldAnswerIsCbor) {
  Hold();
  device_.Complete("later");
  EXPECT_EQ(device_.TakeReports(), Packets(first_, Command::kCbor, "later"));
}

TEST_F(Ctap2DeviceTest, CancelEndsTheCommandWithItsStatus) {
  Hold();
  EXPECT_EQ(Send(first_, Command::kCancel, ""),
            Packets(first_, Command::kCbor, "\x2d"));
  EXPECT_EQ(handler_.aborts_, 1);
}

TEST_F(Ctap2DeviceTest, CancelOfAnotherChannelIsIgnored) {
  Hold();
  EXPECT_THAT(Send(second_, Command::kCancel, ""), IsEmpty());
  EXPECT_EQ(handler_.aborts_, 0);
}

TEST_F(Ctap2DeviceTest, CancelOfNothingIsIgnored) {
  EXPECT_THAT(Send(first_, Command::kCancel, ""), IsEmpty());
  EXPECT_EQ(Send(first_, Command::kPing, "p"),
            Packets(first_, Command::kPing, "p"));
}

}  // namespace
}  // namespace u2fi::u2fhid
