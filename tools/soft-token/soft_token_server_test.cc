// The server in a thread of this process, its sockets and descriptors real.
#include "tools/soft-token/soft_token_server.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_host.h"
#include "services/common/u2fhid/u2f_client.h"
#include "tools/soft-token/fake_counter_store.h"
#include "tools/soft-token/fake_pin_store.h"
#include "tools/soft-token/folder_test_util.h"

namespace u2fi::soft_token {
namespace {

using u2fhid::FileDescriptor;
using u2fhid::HidHost;
using u2fhid::SocketTransport;

const std::string kChallenge(32, 'c');
const std::string kApplication(32, 'a');

class SoftTokenServerTest : public testing::Test {
 protected:
  void SetUp() override {
    int terminal[2];
    ASSERT_EQ(pipe2(terminal, O_CLOEXEC), 0);
    terminal_read_ = FileDescriptor(terminal[0]);
    terminal_write_ = FileDescriptor(terminal[1]);
    ASSERT_OK_AND_ASSIGN(
        SoftTokenServer server,
        SoftTokenServer::Start(
            token_, SystemClock(),
            {socket_, control_, terminal_read_.get(), stop_.get()}));
    server_ = std::make_unique<SoftTokenServer>(std::move(server));
    thread_ = std::thread([this] { status_ = server_->Run(); });
  }
  void TearDown() override {
    ASSERT_EQ(eventfd_write(stop_.get(), 1), 0);
    thread_.join();
    EXPECT_OK(status_);
  }
  u2fhid::WaitLimit Limit() {
    return {SystemClock().Uptime() + absl::Seconds(20), cancel_};
  }
  // A host with an open channel.
  std::unique_ptr<HidHost> Connect() {
    auto wire = SocketTransport::Connect(socket_, SystemClock());
    EXPECT_OK(wire);
    wires_.push_back(*std::move(wire));
    auto host = std::make_unique<HidHost>(*wires_.back(), SystemClock(),
                                          random_, HidHost::Options());
    EXPECT_OK(host->Open(Limit()));
    return host;
  }
  void AwaitState(const std::string& part) {
    std::string state;
    while (state.find(part) == std::string::npos) {
      ASSERT_OK_AND_ASSIGN(state, SendControl(control_, "state"));
    }
  }

  TempFolder folder_;
  const std::string socket_ = folder_.Path("key");
  const std::string control_ = folder_.Path("ctl");
  FakeRandomSource random_;
  FakeRandomSource token_random_;
  FakeCounterStore counter_;
  FakePinStore pin_;
  SoftToken token_{SystemClock(),
                   token_random_,
                   {NewIdentity(SystemClock(), token_random_), counter_, pin_},
                   SoftToken::Options()};
  FileDescriptor stop_{eventfd(0, EFD_CLOEXEC)};
  FileDescriptor terminal_read_;
  FileDescriptor terminal_write_;
  std::unique_ptr<SoftTokenServer> server_;
  std::thread thread_;
  absl::Status status_;
  u2fhid::CancelFlag cancel_;
  std::vector<std::unique_ptr<SocketTransport>> wires_;
};

TEST_F(SoftTokenServerTest, AHostGetsAChannelAndAnEcho) {
  EXPECT_OK(Connect()->Ping(std::string(500, 'p'), Limit()));
}

TEST_F(SoftTokenServerTest, TwoHostsGetDifferentChannelsAndTheirOwnAnswers) {
  const auto first = Connect();
  const auto second = Connect();
  EXPECT_OK(first->Ping("first", Limit()));
  EXPECT_OK(second->Ping("second", Limit()));
  EXPECT_OK(first->Ping("first again", Limit()));
}

TEST_F(SoftTokenServerTest, TheControlSocketTouches) {
  const auto host = Connect();
  u2fhid::U2fClient client(*host, SystemClock(), {});
  EXPECT_THAT(SendControl(control_, "touch"), IsOkAndHolds(std::string("ok")));
  EXPECT_OK(client.Register(kChallenge, kApplication, Limit()));
}

TEST_F(SoftTokenServerTest, EnterTouchesWhenATouchIsWanted) {
  const auto host = Connect();
  u2fhid::U2fClient client(*host, SystemClock(), {});
  std::thread person([this] {
    AwaitState("wanted=yes");
    EXPECT_EQ(write(terminal_write_.get(), "\n", 1), 1);
  });
  EXPECT_OK(client.Register(kChallenge, kApplication, Limit()));
  person.join();
}

TEST_F(SoftTokenServerTest, TheTerminalMayGoAway) {
  terminal_write_ = FileDescriptor();
  EXPECT_OK(Connect()->Ping("p", Limit()));
}

TEST_F(SoftTokenServerTest, AWrongCommandIsAnError) {
  EXPECT_THAT(SendControl(control_, "tuoch"), HasReason(reason::kInvalidField));
}

TEST_F(SoftTokenServerTest, AHugeCommandIsAnError) {
  EXPECT_THAT(SendControl(control_, std::string(10'000, 'x')),
              HasReason(reason::kInvalidField));
  EXPECT_OK(SendControl(control_, "state"));
}

TEST_F(SoftTokenServerTest, UnpluggingEndsTheConnections) {
  const auto host = Connect();
  ASSERT_OK(SendControl(control_, "unplug"));
  EXPECT_THAT(host->Ping("p", Limit()), HasReason(reason::kTokenRemoved));
  EXPECT_THAT(SocketTransport::Connect(socket_, SystemClock()).status(),
              HasReason(reason::kTokenRemoved));
}

TEST_F(SoftTokenServerTest, AfterPluggingHostsConnectAgain) {
  ASSERT_OK(SendControl(control_, "unplug"));
  ASSERT_OK(SendControl(control_, "plug"));
  EXPECT_OK(Connect()->Ping("p", Limit()));
}

TEST_F(SoftTokenServerTest, AReportOfAnotherSizeIsIgnored) {
  const auto host = Connect();
  ASSERT_OK(wires_[0]->SendPacket("short", Limit().deadline));
  ASSERT_OK(wires_[0]->SendPacket(std::string(65, 'l'), Limit().deadline));
  EXPECT_OK(host->Ping("p", Limit()));
}

TEST_F(SoftTokenServerTest, AHostThatNeverReadsDoesNotBlockTheOthers) {
  const auto lazy = Connect();
  const auto host = Connect();
  const std::string big(7609, 'p');
  for (int i = 0; i < 20; ++i) ASSERT_OK(host->Ping(big, Limit()));
}

TEST_F(SoftTokenServerTest, HostsAboveTheLimitAreTurnedAway) {
  std::vector<std::unique_ptr<HidHost>> hosts;
  for (size_t i = 0; i < HidPort::kMaxHosts; ++i) hosts.push_back(Connect());
  ASSERT_OK_AND_ASSIGN(const auto wire,
                       SocketTransport::Connect(socket_, SystemClock()));
  EXPECT_THAT(wire->Receive(Limit().deadline),
              HasReason(reason::kTokenRemoved));
  EXPECT_OK(hosts[0]->Ping("p", Limit()));
}

TEST_F(SoftTokenServerTest, ASecondServerAtTheSameSocketIsRefused) {
  EXPECT_THAT(
      SoftTokenServer::Start(token_, SystemClock(), {socket_, "", -1, -1})
          .status(),
      HasReason(reason::kInvalidField));
}

TEST_F(SoftTokenServerTest, NobodyAtTheControlSocketIsUnavailable) {
  EXPECT_THAT(SendControl(folder_.Path("none"), "state"),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace u2fi::soft_token
