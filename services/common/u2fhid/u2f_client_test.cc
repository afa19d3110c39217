#include "services/common/u2fhid/u2f_client.h"

#include <deque>
#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/loop_transport.h"

namespace u2fi::u2fhid {
namespace {

const std::string kChallenge(32, 'c');
const std::string kApplication(32, 'a');

// Says the next line of a script at each APDU, and the last one for ever.
class ScriptedToken : public HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view apdu) override {
    last_apdu_ = std::string(apdu);
    ++asked_;
    if (on_ask_) on_ask_();
    const std::string answer = script_.front();
    if (script_.size() > 1) script_.pop_front();
    return answer;
  }
  void OnAbort() override {}
  void OnWink() override {}

  std::deque<std::string> script_;
  std::string last_apdu_;
  int asked_ = 0;
  std::function<void()> on_ask_;
};

class U2fClientTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(host_.Open(Limit())); }
  WaitLimit Limit() { return {clock_.Uptime() + absl::Seconds(10), cancel_}; }
  void Say(std::initializer_list<ResponseApdu> answers) {
    for (const ResponseApdu& answer : answers) {
      token_.script_.push_back(EncodeResponse(answer));
    }
  }
  AuthenticateRequest Request() {
    return {Control::kEnforceTouch, kChallenge, kApplication, "handle"};
  }
  // Keeps the token busy with another host's half request.
  void OccupyToken() {
    HidHost other(wire_, clock_, random_, {});
    ASSERT_OK(other.Open(Limit()));
    ASSERT_OK_AND_ASSIGN(const std::vector<Report> packets,
                         Fragment({2, Command::kPing, std::string(100, 'p')}));
    device_.OnReport(packets[0]);
  }

  FakeClock clock_;
  FakeRandomSource random_;
  CancelFlag cancel_;
  ScriptedToken token_;
  HidDevice device_{clock_, token_, {2, 1, 0, 0, 0}};
  LoopTransport wire_{clock_, device_};
  HidHost host_{wire_, clock_, random_, {}};
  std::vector<absl::Duration> pauses_;
  U2fClient client_{
      host_,
      clock_,
      {absl::Milliseconds(200), [this](absl::Duration pause, CancelFlag&) {
         pauses_.push_back(pause);
         clock_.Advance(pause);
       }}};
};

TEST_F(U2fClientTest, VersionReturnsItsText) {
  Say({{"U2F_V2", StatusWord::kOk}});
  EXPECT_THAT(client_.Version(Limit()), IsOkAndHolds(std::string("U2F_V2")));
  EXPECT_EQ(token_.last_apdu_, std::string("\0\3\0\0\0\0\0", 7));
}

TEST_F(U2fClientTest, RegisterAsksAgainUntilTouched) {
  Say({{"", StatusWord::kTouchNeeded},
       {"", StatusWord::kTouchNeeded},
       {"registration", StatusWord::kOk}});
  EXPECT_THAT(client_.Register(kChallenge, kApplication, Limit()),
              IsOkAndHolds(std::string("registration")));
  EXPECT_EQ(token_.asked_, 3);
  EXPECT_EQ(pauses_, (std::vector<absl::Duration>(2, absl::Milliseconds(200))));
}

TEST_F(U2fClientTest, AuthenticateReturnsTheRawAnswer) {
  Say({{"assertion", StatusWord::kOk}});
  EXPECT_THAT(client_.Authenticate(Request(), Limit()),
              IsOkAndHolds(std::string("assertion")));
}

TEST_F(U2fClientTest, NobodyTouching) {
  Say({{"", StatusWord::kTouchNeeded}});
  EXPECT_THAT(client_.Authenticate(Request(), Limit()),
              HasReason(reason::kTouchTimeout));
  EXPECT_EQ(token_.asked_, 50);
}

TEST_F(U2fClientTest, NobodyTouchingUntilTheDeadlineComesInAQuestion) {
  Say({{"", StatusWord::kTouchNeeded}});
  token_.on_ask_ = [this] {
    if (token_.asked_ == 2) clock_.Advance(absl::Seconds(10));
  };
  EXPECT_THAT(client_.Authenticate(Request(), Limit()),
              HasReason(reason::kTouchTimeout));
}

TEST_F(U2fClientTest, ASilentTokenIsNoMissingTouch) {
  Say({{"", StatusWord::kTouchNeeded}});
  token_.on_ask_ = [this] { clock_.Advance(absl::Seconds(10)); };
  EXPECT_THAT(client_.Authenticate(Request(), Limit()),
              HasReason(reason::kTokenTimeout));
}

TEST_F(U2fClientTest, CancelDuringThePause) {
  Say({{"", StatusWord::kTouchNeeded}});
  U2fClient client(host_, clock_,
                   {absl::Milliseconds(200),
                    [](absl::Duration, CancelFlag& flag) { flag.Cancel(); }});
  EXPECT_THAT(client.Authenticate(Request(), Limit()),
              HasReason(reason::kTokenCancelled));
  EXPECT_EQ(token_.asked_, 1);
}

TEST_F(U2fClientTest, AForeignKeyHandleIsAStatus) {
  Say({{"", StatusWord::kWrongData}});
  const auto answer = client_.Authenticate(Request(), Limit());
  EXPECT_THAT(answer, HasReason(reason::kDeviceStatus));
  EXPECT_EQ(MetadataOf(answer.status())["status"], "6a80");
}

TEST_F(U2fClientTest, AnUnknownStatusIsAnErrorToo) {
  Say({{"registration", static_cast<StatusWord>(0x9001)}});
  EXPECT_THAT(client_.Register(kChallenge, kApplication, Limit()),
              HasReason(reason::kDeviceStatus));
}

TEST_F(U2fClientTest, AnAnswerWithoutAStatusWordIsRefused) {
  token_.script_ = {"x"};
  EXPECT_THAT(client_.Register(kChallenge, kApplication, Limit()),
              HasReason(reason::kTokenFrame));
}

TEST_F(U2fClientTest, WrongArgumentsNeverReachTheToken) {
  EXPECT_THAT(client_.Register("short", kApplication, Limit()),
              HasReason(reason::kInvalidField));
  EXPECT_EQ(token_.asked_, 0);
}

TEST_F(U2fClientTest, AuthenticateDoesNotCheckOnly) {
  AuthenticateRequest request = Request();
  request.control = Control::kCheckOnly;
  EXPECT_THAT(client_.Authenticate(request, Limit()),
              HasReason(reason::kInvalidField));
}

TEST_F(U2fClientTest, TouchNeededMeansThatTheHandleIsTheTokens) {
  Say({{"", StatusWord::kTouchNeeded}});
  EXPECT_THAT(client_.Owner(kApplication, "handle", Limit()),
              IsOkAndHolds(KeyHandleOwner::kThisToken));
  EXPECT_EQ(token_.asked_, 1);
}

TEST_F(U2fClientTest, WrongDataMeansThatItIsNot) {
  Say({{"", StatusWord::kWrongData}});
  EXPECT_THAT(client_.Owner(kApplication, "handle", Limit()),
              IsOkAndHolds(KeyHandleOwner::kNotThisToken));
}

TEST_F(U2fClientTest, ACheckThatSignsIsAnError) {
  Say({{"assertion", StatusWord::kOk}});
  EXPECT_THAT(client_.Owner(kApplication, "handle", Limit()),
              HasReason(reason::kDeviceStatus));
}

TEST_F(U2fClientTest, ABusyTokenIsAskedAgain) {
  Say({{"U2F_V2", StatusWord::kOk}});
  OccupyToken();
  EXPECT_OK(client_.Version(Limit()));
  EXPECT_GE(pauses_.size(), 1u);
}

TEST_F(U2fClientTest, ATokenBusyUntilTheDeadline) {
  OccupyToken();
  const WaitLimit soon{clock_.Uptime() + absl::Milliseconds(300), cancel_};
  EXPECT_THAT(client_.Version(soon), HasReason(reason::kTokenBusy));
}

TEST_F(U2fClientTest, RemovalEndsTheWaitForATouch) {
  Say({{"", StatusWord::kTouchNeeded}});
  U2fClient client(host_, clock_,
                   {absl::Milliseconds(200),
                    [this](absl::Duration, CancelFlag&) { wire_.Remove(); }});
  EXPECT_THAT(client.Authenticate(Request(), Limit()),
              HasReason(reason::kTokenRemoved));
}

}  // namespace
}  // namespace u2fi::u2fhid
