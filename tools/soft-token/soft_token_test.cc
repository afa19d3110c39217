#include "tools/soft-token/soft_token.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/assembler.h"
#include "tools/soft-token/in_process_token.h"

namespace u2fi::soft_token {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using u2fhid::AuthenticateRequest;
using u2fhid::Control;
using u2fhid::KeyHandleOwner;

const std::string kChallenge(32, 'c');
const std::string kApplication(32, 'a');

// A token without automatic touch, and a registered key of it.
class SoftTokenTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_OK(in_process_.Open());
    token_.Touch();
    ASSERT_OK_AND_ASSIGN(
        registration_,
        client_.Register(kChallenge, kApplication, in_process_.Limit()));
    signals_.clear();
  }
  SoftToken::Options Options() {
    SoftToken::Options options;
    options.on_signal = [this](Signal signal) { signals_.push_back(signal); };
    return options;
  }
  std::string KeyHandle() const { return registration_.substr(67, 64); }
  absl::StatusOr<std::string> Authenticate() {
    return client_.Authenticate(
        {Control::kEnforceTouch, kChallenge, kApplication, KeyHandle()},
        in_process_.Limit());
  }
  // Sends one authentication as raw reports and leaves the answer to later.
  void BeginAuthenticate() {
    ASSERT_OK_AND_ASSIGN(const std::string apdu,
                         EncodeCommand(*ToCommand(AuthenticateRequest{
                                           Control::kEnforceTouch, kChallenge,
                                           kApplication, KeyHandle()}),
                                       u2fhid::ApduEncoding::kExtended));
    ASSERT_OK_AND_ASSIGN(const auto packets,
                         u2fhid::Fragment({1, u2fhid::Command::kMsg, apdu}));
    for (const u2fhid::Report& packet : packets) token_.OnReport(packet);
  }

  FakeClock clock_;
  std::vector<Signal> signals_;
  InProcessToken in_process_{clock_, Options()};
  SoftToken& token_ = in_process_.token();
  u2fhid::U2fClient& client_ = in_process_.client();
  std::string registration_;
};

TEST_F(SoftTokenTest, ATouchSigns) {
  token_.Touch();
  ASSERT_OK_AND_ASSIGN(const std::string assertion, Authenticate());
  ASSERT_OK_AND_ASSIGN(const auto key, crypto::P256PublicKey::FromPoint(
                                           registration_.substr(1, 65)));
  EXPECT_OK(key.Verify(
      crypto::Sha256({kApplication, assertion.substr(0, 5), kChallenge}),
      assertion.substr(5)));
}

TEST_F(SoftTokenTest, WithoutATouchTheClientGivesUp) {
  EXPECT_THAT(Authenticate(), HasReason(reason::kTouchTimeout));
}

TEST_F(SoftTokenTest, KnowsItsKeyHandles) {
  EXPECT_THAT(client_.Owner(kApplication, KeyHandle(), in_process_.Limit()),
              IsOkAndHolds(KeyHandleOwner::kThisToken));
  EXPECT_THAT(
      client_.Owner(kApplication, std::string(64, 'x'), in_process_.Limit()),
      IsOkAndHolds(KeyHandleOwner::kNotThisToken));
}

TEST_F(SoftTokenTest, SaysThatATouchIsWantedAndThenTaken) {
  BeginAuthenticate();
  EXPECT_TRUE(token_.touch_wanted());
  EXPECT_TRUE(token_.TouchIfWanted());
  BeginAuthenticate();
  EXPECT_THAT(signals_, ElementsAre(Signal::kTouchWanted, Signal::kTouchTaken));
}

TEST_F(SoftTokenTest, SaysThatNobodyAsksAnyMore) {
  BeginAuthenticate();
  clock_.Advance(absl::Seconds(2));
  token_.OnTick();
  EXPECT_THAT(signals_,
              ElementsAre(Signal::kTouchWanted, Signal::kTouchNotNeeded));
}

TEST_F(SoftTokenTest, AnUnaskedTouchAtTheTerminalDoesNothing) {
  EXPECT_FALSE(token_.TouchIfWanted());
  EXPECT_THAT(Authenticate(), HasReason(reason::kTouchTimeout));
}

TEST_F(SoftTokenTest, WinkIsShown) {
  ASSERT_OK(in_process_.host().Wink(in_process_.Limit()));
  EXPECT_THAT(signals_, ElementsAre(Signal::kWink));
}

TEST_F(SoftTokenTest, AutomaticTouchShowsNothing) {
  token_.SetTouchMode(TouchMode::kAuto);
  EXPECT_OK(Authenticate());
  EXPECT_THAT(signals_, IsEmpty());
}

TEST_F(SoftTokenTest, RefusedTouchesNeverSign) {
  token_.SetTouchMode(TouchMode::kRefuse);
  token_.Touch();
  EXPECT_THAT(Authenticate(), HasReason(reason::kTouchTimeout));
}

TEST_F(SoftTokenTest, ASilentTokenTimesOut) {
  token_.SetFault(Fault::kSilent);
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenTimeout));
}

TEST_F(SoftTokenTest, AfterASilenceTheTokenWorksAgain) {
  token_.SetFault(Fault::kSilent);
  Authenticate().IgnoreError();
  token_.SetFault(Fault::kNone);
  token_.Touch();
  EXPECT_OK(Authenticate());
}

TEST_F(SoftTokenTest, UnpluggedItIsDeaf) {
  token_.Unplug();
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenTimeout));
}

TEST_F(SoftTokenTest, PluggedInAgainItHasForgottenItsChannels) {
  token_.Unplug();
  token_.Plug();
  token_.Touch();
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenError));
  ASSERT_OK(in_process_.Open());
  EXPECT_OK(Authenticate());
}

TEST_F(SoftTokenTest, UnpluggingTakesTheTouchBack) {
  token_.Touch();
  token_.Unplug();
  token_.Plug();
  ASSERT_OK(in_process_.Open());
  EXPECT_THAT(Authenticate(), HasReason(reason::kTouchTimeout));
}

TEST_F(SoftTokenTest, ACloneOpensTheSameKeyHandles) {
  InProcessToken clone(clock_, in_process_.identity());
  clone.counter().Set(6);
  ASSERT_OK(clone.Open());
  ASSERT_OK_AND_ASSIGN(
      const std::string assertion,
      clone.client().Authenticate(
          {Control::kEnforceTouch, kChallenge, kApplication, KeyHandle()},
          clone.Limit()));
  EXPECT_EQ(assertion.substr(0, 5), std::string("\x01\0\0\0\x07", 5));
}

// The same token, which keeps requests open until the touch.
class HoldingTokenTest : public SoftTokenTest {
 protected:
  void SetUp() override {
    SoftTokenTest::SetUp();
    token_.SetHold(true);
    token_.TakeReports();
  }
  // The command of each message the token sent since the last call.
  std::vector<u2fhid::Command> Sent() {
    std::vector<u2fhid::Command> commands;
    for (const u2fhid::Report& report : token_.TakeReports()) {
      const u2fhid::Frame frame = u2fhid::ParseFrame(report);
      if (frame.initial) commands.push_back(frame.command);
    }
    return commands;
  }
};

TEST_F(HoldingTokenTest, AnswersOnlyWhenTouched) {
  BeginAuthenticate();
  EXPECT_THAT(Sent(), IsEmpty());
  clock_.Advance(absl::Milliseconds(100));
  token_.OnTick();
  EXPECT_THAT(Sent(), ElementsAre(u2fhid::Command::kKeepalive));
  EXPECT_TRUE(token_.TouchIfWanted());
  EXPECT_THAT(Sent(), ElementsAre(u2fhid::Command::kMsg));
  EXPECT_THAT(signals_, ElementsAre(Signal::kTouchWanted, Signal::kTouchTaken));
}

TEST_F(HoldingTokenTest, StillWantsTheTouchAfterALongTime) {
  BeginAuthenticate();
  clock_.Advance(absl::Seconds(29));
  token_.OnTick();
  EXPECT_TRUE(token_.touch_wanted());
}

TEST_F(HoldingTokenTest, GivesUpAfterItsLimit) {
  BeginAuthenticate();
  clock_.Advance(absl::Seconds(30));
  token_.OnTick();
  EXPECT_THAT(Sent(), ElementsAre(u2fhid::Command::kMsg));
  EXPECT_FALSE(token_.touch_wanted());
}

TEST_F(HoldingTokenTest, TheClientSeesATouchTimeout) {
  EXPECT_THAT(Authenticate(), HasReason(reason::kTouchTimeout));
  EXPECT_FALSE(token_.touch_wanted());
}

TEST_F(HoldingTokenTest, RefusingAnswersTheHeldRequest) {
  BeginAuthenticate();
  token_.SetTouchMode(TouchMode::kRefuse);
  EXPECT_THAT(Sent(), ElementsAre(u2fhid::Command::kMsg));
  EXPECT_THAT(signals_,
              ElementsAre(Signal::kTouchWanted, Signal::kTouchNotNeeded));
}

TEST_F(HoldingTokenTest, AutomaticTouchAnswersTheHeldRequest) {
  BeginAuthenticate();
  token_.SetTouchMode(TouchMode::kAuto);
  EXPECT_THAT(Sent(), ElementsAre(u2fhid::Command::kMsg));
}

TEST_F(HoldingTokenTest, UnpluggingForgetsTheHeldRequest) {
  BeginAuthenticate();
  token_.Unplug();
  EXPECT_FALSE(token_.touch_wanted());
  token_.Plug();
  token_.Touch();
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(HoldingTokenTest, AnOldTouchIsEnough) {
  token_.Touch();
  EXPECT_OK(Authenticate());
}

// A token that speaks CTAP2 alone.
class Fido2OnlyTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(in_process_.Open()); }
  SoftToken::Options Options() {
    SoftToken::Options options;
    options.u2f = false;
    options.ctap2 = true;
    options.on_signal = [this](Signal signal) { signals_.push_back(signal); };
    return options;
  }
  // authenticatorMakeCredential for "rp" (CTAP 2.1, 6.1), in CBOR.
  static std::string Make() {
    return absl::StrCat("\x01\xa4\x01\x58\x20", std::string(32, 'h'),
                        "\x02\xa1\x62id\x62rp\x03\xa1\x62id\x41u",
                        "\x04\x81\xa2\x63"
                        "alg\x26\x64type\x6apublic-key");
  }
  void BeginMake() {
    const auto packets = u2fhid::Fragment({1, u2fhid::Command::kCbor, Make()});
    for (const u2fhid::Report& packet : *packets) token_.OnReport(packet);
  }
  // The messages that the token sends on its first channel.
  std::vector<u2fhid::Message> Sent() {
    std::vector<u2fhid::Message> messages;
    u2fhid::Assembler assembler;
    for (const u2fhid::Report& report : token_.TakeReports()) {
      EXPECT_EQ(assembler.Add(u2fhid::ParseFrame(report)),
                u2fhid::HidError::kNone);
      if (!assembler.complete()) continue;
      messages.push_back(assembler.message());
      assembler = u2fhid::Assembler();
    }
    return messages;
  }

  FakeClock clock_;
  std::vector<Signal> signals_;
  InProcessToken in_process_{clock_, Options()};
  SoftToken& token_ = in_process_.token();
};

TEST_F(Fido2OnlyTest, ItsCapabilitiesSaySo) {
  EXPECT_EQ(in_process_.host().info().capabilities,
            u2fhid::kCapabilityWink | u2fhid::kCapabilityCbor |
                u2fhid::kCapabilityNoMsg);
}

TEST_F(Fido2OnlyTest, U2fIsRefused) {
  EXPECT_THAT(in_process_.client().Version(in_process_.Limit()),
              HasReason(reason::kTokenError));
}

TEST_F(Fido2OnlyTest, ARequestWaitsWithKeepalivesForItsTouch) {
  BeginMake();
  EXPECT_TRUE(token_.touch_wanted());
  EXPECT_THAT(Sent(), IsEmpty());
  clock_.Advance(absl::Milliseconds(100));
  token_.OnTick();
  EXPECT_EQ(Sent().at(0).command, u2fhid::Command::kKeepalive);
  token_.Touch();
  const std::vector<u2fhid::Message> sent = Sent();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].command, u2fhid::Command::kCbor);
  EXPECT_EQ(sent[0].payload[0], '\0');
  EXPECT_THAT(signals_, ElementsAre(Signal::kTouchWanted, Signal::kTouchTaken));
}

TEST_F(Fido2OnlyTest, PulledOutItAgreesWithNobodyAnyMore) {
  ASSERT_OK(token_.SetFirstPin("1234"));
  EXPECT_TRUE(token_.has_pin());
  EXPECT_EQ(token_.pin_retries(), 8);
  const std::string agree("\x06\xa2\x01\x02\x02\x02", 6);
  ASSERT_OK_AND_ASSIGN(const std::string before,
                       in_process_.host().Cbor(agree, in_process_.Limit()));
  EXPECT_THAT(in_process_.host().Cbor(agree, in_process_.Limit()),
              IsOkAndHolds(before));
  token_.Unplug();
  token_.Plug();
  ASSERT_OK(in_process_.Open());
  EXPECT_THAT(in_process_.host().Cbor(agree, in_process_.Limit()),
              testing::Not(IsOkAndHolds(before)));
}

TEST_F(Fido2OnlyTest, AfterThirtySecondsItGivesUp) {
  BeginMake();
  clock_.Advance(absl::Seconds(30));
  token_.OnTick();
  EXPECT_EQ(Sent().at(0).payload, "\x2f");
  EXPECT_FALSE(token_.touch_wanted());
}

TEST_F(Fido2OnlyTest, ACancelledRequestEndsAndNeedsNoTouch) {
  BeginMake();
  token_.OnReport(u2fhid::Fragment({1, u2fhid::Command::kCancel, ""})->at(0));
  EXPECT_EQ(Sent().at(0).payload, "\x2d");
  token_.Touch();
  EXPECT_THAT(Sent(), IsEmpty());
}

TEST_F(Fido2OnlyTest, ATouchThatIsRefusedNeverComes) {
  token_.SetTouchMode(TouchMode::kRefuse);
  BeginMake();
  token_.Touch();
  EXPECT_THAT(Sent(), IsEmpty());
  EXPECT_THAT(in_process_.host().Cbor("\x04", in_process_.Limit()),
              HasReason(reason::kTokenBusy));
}

}  // namespace
}  // namespace u2fi::soft_token
