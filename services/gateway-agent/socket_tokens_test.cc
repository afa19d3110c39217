#include "services/gateway-agent/socket_tokens.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "services/common/random/system_random.h"
#include "services/common/status/status_matchers.h"
#include "services/common/u2fhid/hid_device.h"
#include "services/common/u2fhid/socket_transport.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::gateway_agent {
namespace {

class NoApdus : public u2fhid::HidHandler {
 public:
  absl::optional<std::string> OnMsg(absl::string_view) override { return ""; }
  void OnAbort() override {}
  void OnWink() override {}
};

// Serves U2FHID behind one socket, one host at a time.
class SocketKey {
 public:
  explicit SocketKey(const std::string& path)
      : listener_(*u2fhid::UnixListener::Listen(path, SOCK_SEQPACKET)),
        thread_([this] { Serve(); }) {}
  ~SocketKey() {
    stop_ = true;
    thread_.join();
  }

 private:
  void Serve() {
    NoApdus handler;
    u2fhid::HidDevice device(SystemClock(), handler, {});
    while (!stop_) {
      u2fhid::FileDescriptor host = listener_.Accept();
      if (host.is_open()) {
        Talk(device, std::move(host));
        continue;
      }
      pollfd wait = {listener_.fd(), POLLIN, 0};
      poll(&wait, 1, 10);
    }
  }
  void Talk(u2fhid::HidDevice& device, u2fhid::FileDescriptor host) {
    u2fhid::SocketTransport wire(std::move(host), SystemClock());
    while (!stop_) {
      const auto report =
          wire.Receive(SystemClock().Uptime() + absl::Milliseconds(10));
      if (IsReason(report.status(), reason::kTokenTimeout)) continue;
      if (!report.ok()) return;
      device.OnReport(*report);
      for (const u2fhid::Report& answer : device.TakeReports()) {
        wire.Send(answer, SystemClock().Uptime() + absl::Seconds(1))
            .IgnoreError();
      }
    }
  }

  std::atomic<bool> stop_{false};
  u2fhid::UnixListener listener_;
  std::thread thread_;
};

class SocketTokensTest : public testing::Test {
 protected:
  SocketTokens Tokens() {
    return SocketTokens({folder_ + "/a", folder_ + "/b"}, SystemClock(),
                        SystemRandom());
  }

  const store::TempDir temp_;
  const std::string folder_ = temp_.path();
};

TEST_F(SocketTokensTest, ASocketWhereNobodyListensIsNoKey) {
  SocketTokens tokens = Tokens();
  EXPECT_TRUE(tokens.Ports().empty());
  EXPECT_TRUE(tokens.Find({}).empty());
}

TEST_F(SocketTokensTest, AKeyIsFoundAtItsPath) {
  SocketKey key(folder_ + "/b");
  SocketTokens tokens = Tokens();
  EXPECT_EQ(tokens.Ports(), std::vector<std::string>{folder_ + "/b"});
  const auto found = tokens.Find({});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->port(), folder_ + "/b");
}

TEST_F(SocketTokensTest, ABusyKeyIsLeftAlone) {
  SocketKey key(folder_ + "/a");
  EXPECT_TRUE(Tokens().Find({folder_ + "/a"}).empty());
}

TEST_F(SocketTokensTest, AKeyThatIsPulledIsGone) {
  auto key = std::make_unique<SocketKey>(folder_ + "/a");
  SocketTokens tokens = Tokens();
  EXPECT_EQ(tokens.Find({}).size(), 1u);
  key.reset();
  EXPECT_TRUE(tokens.Find({}).empty());
}

TEST_F(SocketTokensTest, AListenerThatSaysNothingIsNoKey) {
  const auto listener =
      u2fhid::UnixListener::Listen(folder_ + "/a", SOCK_SEQPACKET);
  ASSERT_OK(listener);
  EXPECT_TRUE(Tokens().Find({}).empty());
}

}  // namespace
}  // namespace u2fi::gateway_agent
