// The real program, its real sockets, and everything that goes wrong between a
// host and a key.
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/file/file.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_host.h"
#include "services/common/u2fhid/socket_transport.h"
#include "services/common/u2fhid/u2f_client.h"
#include "tests/integration/soft_token/soft_token_process.h"

namespace u2fi::soft_token {
namespace {

using testing::HasSubstr;
using u2fhid::AuthenticateRequest;
using u2fhid::CancelFlag;
using u2fhid::Control;
using u2fhid::HidHost;
using u2fhid::SocketTransport;
using u2fhid::U2fClient;

const std::string kChallenge(32, 'c');
const std::string kApplication(32, 'a');

// A connection to the token with its own channel.
class Link {
 public:
  explicit Link(const std::string& path) {
    auto wire = SocketTransport::Connect(path, SystemClock());
    EXPECT_OK(wire);
    wire_ = *std::move(wire);
    HidHost::Options options;
    // Long for a process on this machine, short for the test of a silent one.
    options.answer_timeout = absl::Seconds(2);
    host_ = std::make_unique<HidHost>(*wire_, SystemClock(), SystemRandom(),
                                      options);
    EXPECT_OK(host_->Open(Limit()));
    U2fClient::Options client_options;
    client_options.poll_interval = absl::Milliseconds(10);
    client_ =
        std::make_unique<U2fClient>(*host_, SystemClock(), client_options);
  }
  u2fhid::WaitLimit Limit(absl::Duration wait = absl::Seconds(20)) {
    return {SystemClock().Uptime() + wait, cancel_};
  }
  SocketTransport& wire() { return *wire_; }
  HidHost& host() { return *host_; }
  U2fClient& client() { return *client_; }
  CancelFlag& cancel() { return cancel_; }

 private:
  CancelFlag cancel_;
  std::unique_ptr<SocketTransport> wire_;
  std::unique_ptr<HidHost> host_;
  std::unique_ptr<U2fClient> client_;
};

uint32_t CounterOf(const std::string& assertion) {
  uint32_t counter = 0;
  for (int i = 1; i < 5; ++i) {
    counter = counter << 8 | static_cast<uint8_t>(assertion[i]);
  }
  return counter;
}

class ProcessTest : public testing::Test {
 protected:
  void Start(const std::vector<std::string>& flags = {}) {
    ASSERT_OK(process_.Start(flags));
    link_ = std::make_unique<Link>(process_.socket());
  }
  // Starts with automatic touch and registers a key.
  void StartAndEnrol(const std::vector<std::string>& flags = {}) {
    Start(flags);
    ASSERT_OK(process_.Control("touch"));
    ASSERT_OK_AND_ASSIGN(
        registration_,
        link_->client().Register(kChallenge, kApplication, link_->Limit()));
  }
  AuthenticateRequest Request() const {
    return {Control::kEnforceTouch, kChallenge, kApplication,
            registration_.substr(67, 64)};
  }
  absl::StatusOr<std::string> Authenticate(
      absl::Duration wait = absl::Seconds(20)) {
    return link_->client().Authenticate(Request(), link_->Limit(wait));
  }
  absl::Status Verify(const std::string& assertion) {
    const auto key =
        crypto::P256PublicKey::FromPoint(registration_.substr(1, 65));
    EXPECT_OK(key);
    return key->Verify(
        crypto::Sha256({kApplication, assertion.substr(0, 5), kChallenge}),
        assertion.substr(5));
  }
  // Does `action` once the token waits for a touch, while the caller waits for
  // the answer.
  std::thread WhenWanted(const std::function<void()>& action) {
    return std::thread([this, action] {
      EXPECT_OK(process_.AwaitState("wanted=yes"));
      action();
    });
  }
  void Tell(absl::string_view command) { EXPECT_OK(process_.Control(command)); }

  SoftTokenProcess process_;
  std::unique_ptr<Link> link_;
  std::string registration_;
};

TEST_F(ProcessTest, ATouchAtTheTerminalSigns) {
  StartAndEnrol();
  std::thread person = WhenWanted([this] { process_.Type("\n"); });
  ASSERT_OK_AND_ASSIGN(const std::string assertion, Authenticate());
  person.join();
  EXPECT_OK(Verify(assertion));
  EXPECT_THAT(process_.Output(), HasSubstr("TOUCH WANTED"));
}

TEST_F(ProcessTest, EnterBeforeAnybodyAsksDoesNothing) {
  StartAndEnrol();
  process_.Type("\n\n\n");
  ASSERT_OK(link_->host().Ping("sees the keys before this", link_->Limit()));
  EXPECT_THAT(Authenticate(absl::Milliseconds(300)),
              HasReason(reason::kTouchTimeout));
}

TEST_F(ProcessTest, ARefusedTouchNeverSigns) {
  StartAndEnrol();
  Tell("refuse");
  EXPECT_THAT(Authenticate(absl::Milliseconds(300)),
              HasReason(reason::kTouchTimeout));
}

TEST_F(ProcessTest, TheCounterIsGreaterAfterKillMinus9) {
  StartAndEnrol({"--touch=auto"});
  uint32_t last = 0;
  for (int round = 0; round < 3; ++round) {
    ASSERT_OK_AND_ASSIGN(const std::string assertion, Authenticate());
    EXPECT_GT(CounterOf(assertion), last);
    EXPECT_OK(Verify(assertion));
    last = CounterOf(assertion);
    process_.Kill();
    Start({"--touch=auto"});
  }
}

TEST_F(ProcessTest, KilledDuringATouchTheHostSeesItGo) {
  StartAndEnrol();
  std::thread accident = WhenWanted([this] { process_.Kill(); });
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenRemoved));
  accident.join();
  Start({"--touch=auto"});
  EXPECT_OK(Authenticate());
}

TEST_F(ProcessTest, ACloneSignsWithACounterThatStoodStill) {
  StartAndEnrol({"--touch=auto"});
  process_.Terminate();
  SoftTokenProcess clone;
  std::filesystem::copy(process_.state(), clone.state());
  ASSERT_OK(clone.Start({"--touch=auto"}));
  link_ = std::make_unique<Link>(clone.socket());
  ASSERT_OK_AND_ASSIGN(const std::string by_clone, Authenticate());
  Start({"--touch=auto"});
  ASSERT_OK_AND_ASSIGN(const std::string by_original, Authenticate());
  EXPECT_OK(Verify(by_clone));
  EXPECT_OK(Verify(by_original));
  EXPECT_EQ(CounterOf(by_clone), CounterOf(by_original));
}

TEST_F(ProcessTest, ASecondHostFindsTheTokenBusy) {
  StartAndEnrol({"--hold"});
  Link other(process_.socket());
  std::thread person = WhenWanted([&] {
    EXPECT_THAT(other.host().Ping("p", other.Limit()),
                HasReason(reason::kTokenBusy));
    Tell("touch");
  });
  EXPECT_OK(Authenticate());
  person.join();
  EXPECT_OK(other.host().Ping("p", other.Limit()));
}

TEST_F(ProcessTest, ASecondClientWaitsUntilTheTokenIsFree) {
  StartAndEnrol({"--hold"});
  Link other(process_.socket());
  std::thread person = WhenWanted([&] {
    Tell("auto on");
    EXPECT_OK(other.client().Version(other.Limit()));
  });
  EXPECT_OK(Authenticate());
  person.join();
}

TEST_F(ProcessTest, UnpluggedDuringATouch) {
  StartAndEnrol();
  std::thread person = WhenWanted([this] { Tell("unplug"); });
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenRemoved));
  person.join();
}

TEST_F(ProcessTest, UnpluggedDuringAHeldRequest) {
  StartAndEnrol({"--hold"});
  std::thread person = WhenWanted([this] { Tell("unplug"); });
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenRemoved));
  person.join();
}

TEST_F(ProcessTest, PluggedInAgainItIsTheSameToken) {
  StartAndEnrol();
  Tell("unplug");
  Tell("plug");
  link_ = std::make_unique<Link>(process_.socket());
  Tell("touch");
  EXPECT_OK(Authenticate());
}

TEST_F(ProcessTest, CancelledDuringATouch) {
  StartAndEnrol({"--hold"});
  std::thread person = WhenWanted([this] { link_->cancel().Cancel(); });
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenCancelled));
  person.join();
  // The token was told, so it does not blink for nobody.
  EXPECT_OK(process_.AwaitState("wanted=no"));
}

TEST_F(ProcessTest, ATokenThatNeverAnswers) {
  StartAndEnrol();
  Tell("fault silent");
  EXPECT_THAT(Authenticate(absl::Milliseconds(300)),
              HasReason(reason::kTokenTimeout));
}

TEST_F(ProcessTest, ATokenThatAnswersOnAnotherChannel) {
  StartAndEnrol();
  Tell("fault wrong-channel");
  EXPECT_THAT(Authenticate(absl::Milliseconds(300)),
              HasReason(reason::kTokenTimeout));
}

TEST_F(ProcessTest, ATokenThatSignsWithAnotherKey) {
  StartAndEnrol({"--touch=auto"});
  Tell("fault foreign");
  ASSERT_OK_AND_ASSIGN(const std::string assertion, Authenticate());
  EXPECT_THAT(Verify(assertion), HasReason(reason::kSignatureInvalid));
}

// Faults of framing, all seen as such.
class BadFramesTest : public ProcessTest,
                      public testing::WithParamInterface<const char*> {};

TEST_P(BadFramesTest, AreRefused) {
  StartAndEnrol({"--touch=auto"});
  Tell(GetParam());
  EXPECT_THAT(Authenticate(), HasReason(reason::kTokenFrame));
  Tell("fault none");
  EXPECT_OK(Authenticate());
}

INSTANTIATE_TEST_SUITE_P(Faults, BadFramesTest,
                         testing::Values("fault short-frames",
                                         "fault long-frames",
                                         "fault bad-sequence"));

TEST_F(ProcessTest, AskedToEndItTakesItsSocketsAway) {
  Start();
  EXPECT_EQ(process_.Terminate(), 0);
  EXPECT_NE(access(process_.socket().c_str(), F_OK), 0);
  EXPECT_NE(access(process_.control().c_str(), F_OK), 0);
}

TEST_F(ProcessTest, TwoProcessesDoNotShareAState) {
  Start();
  EXPECT_EQ(process_.Run({"--state", process_.state(), "--socket",
                          process_.socket() + "2"}),
            1);
  EXPECT_THAT(process_.Output(), HasSubstr("another process uses it"));
}

TEST_F(ProcessTest, ANewKeyGetsThePinOfItsFileAndKeepsIt) {
  const std::string file = process_.state() + "-pin";
  ASSERT_OK(WriteFileDurably(file, "tulip-7\n", 0600));
  ASSERT_OK(process_.Start({"--fido2-only", "--pin-file", file}));
  ASSERT_OK_AND_ASSIGN(const auto before,
                       ReadFile(process_.state() + "/pin", 100));
  EXPECT_OK(process_.AwaitState("pin=8"));
  process_.Kill();
  ASSERT_OK(WriteFileDurably(file, "rose-11\n", 0600));
  ASSERT_OK(process_.Start({"--fido2-only", "--pin-file", file}));
  EXPECT_THAT(ReadFile(process_.state() + "/pin", 100), IsOkAndHolds(before));
}

TEST_F(ProcessTest, APinThatIsNoneIsRefused) {
  const std::string file = process_.state() + "-pin";
  ASSERT_OK(WriteFileDurably(file, "123\n", 0600));
  EXPECT_EQ(process_.Run({"--state", process_.state(), "--socket",
                          process_.socket(), "--pin-file", file}),
            1);
  EXPECT_THAT(process_.Output(), HasSubstr("pin"));
}

TEST_F(ProcessTest, SendsCommandsFromTheCommandLine) {
  Start();
  EXPECT_EQ(process_.Run({"--control", process_.control(), "--send", "state"}),
            0);
  EXPECT_THAT(process_.Output(), HasSubstr("ok plugged=yes"));
  EXPECT_EQ(process_.Run({"--control", process_.control(), "--send", "dance"}),
            1);
}

TEST_F(ProcessTest, HelpHasExamples) {
  EXPECT_EQ(process_.Run({"--help"}), 0);
  EXPECT_THAT(process_.Output(), HasSubstr("--send touch"));
}

TEST_F(ProcessTest, WithoutItsFlagsItSaysWhatIsMissing) {
  EXPECT_EQ(process_.Run({"--socket", process_.socket()}), 2);
  EXPECT_THAT(process_.Output(), HasSubstr("--state"));
}

TEST_F(ProcessTest, AnUnknownTouchModeIsRefused) {
  EXPECT_NE(process_.Run({"--state", process_.state(), "--socket",
                          process_.socket(), "--touch=perhaps"}),
            0);
}

}  // namespace
}  // namespace u2fi::soft_token
