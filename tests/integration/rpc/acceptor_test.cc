#include "services/common/rpc/acceptor.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/status/status_matchers.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

// A socket to a port of loopback, or -1.
int ConnectTo(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) ==
      0) {
    return fd;
  }
  close(fd);
  return -1;
}

class AcceptorTest : public testing::Test {
 protected:
  ~AcceptorTest() override {
    for (const int fd : clients_) close(fd);
    MutexLock lock(mutex_);
    for (const int fd : accepted_) close(fd);
  }

  std::unique_ptr<Acceptor> Listen(int per_second = 1000) {
    return Acceptor::Listen("127.0.0.1:0", per_second, SystemClock()).value();
  }
  void Start(Acceptor& acceptor) {
    acceptor.Start([this](int, int connection) {
      MutexLock lock(mutex_);
      accepted_.push_back(connection);
      changed_.NotifyAll();
    });
  }
  void Connect(const Acceptor& acceptor) {
    clients_.push_back(ConnectTo(acceptor.port()));
    ASSERT_NE(clients_.back(), -1);
  }
  // The connections that were handed on, once there are `count`.
  std::vector<int> WaitFor(size_t count) {
    MutexLock lock(mutex_);
    while (accepted_.size() < count) changed_.Wait(mutex_);
    return accepted_;
  }

  std::vector<int> clients_;
  Mutex mutex_;
  CondVar changed_;
  std::vector<int> accepted_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(AcceptorTest, HandsOnWhatConnects) {
  const auto acceptor = Listen();
  Start(*acceptor);
  Connect(*acceptor);
  Connect(*acceptor);
  const std::vector<int> connections = WaitFor(2);
  ASSERT_EQ(write(clients_[0], "x", 1), 1);
  EXPECT_NE(connections[0], connections[1]);
}

TEST_F(AcceptorTest, ConnectionsDoNotBlockAndAreNotInherited) {
  const auto acceptor = Listen();
  Start(*acceptor);
  Connect(*acceptor);
  const int fd = WaitFor(1)[0];
  EXPECT_TRUE(fcntl(fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

TEST_F(AcceptorTest, ConnectionsWaitUntilTheStart) {
  const auto acceptor = Listen();
  Connect(*acceptor);
  Start(*acceptor);
  WaitFor(1);
}

TEST_F(AcceptorTest, ConnectionsBeyondTheRateWait) {
  const auto acceptor = Listen(2);
  Start(*acceptor);
  const absl::Duration start = SystemClock().Uptime();
  for (int i = 0; i < 3; ++i) Connect(*acceptor);
  WaitFor(3);
  EXPECT_GE(SystemClock().Uptime() - start, absl::Milliseconds(450));
}

TEST_F(AcceptorTest, StopsWhileConnectionsWait) {
  const auto acceptor = Listen(1);
  Start(*acceptor);
  for (int i = 0; i < 5; ++i) Connect(*acceptor);
  WaitFor(1);
  acceptor->Stop();
  EXPECT_EQ(ConnectTo(acceptor->port()), -1);
}

TEST_F(AcceptorTest, StopsWithoutAStart) {
  const auto acceptor = Listen();
  const int port = acceptor->port();
  acceptor->Stop();
  EXPECT_EQ(ConnectTo(port), -1);
}

TEST_F(AcceptorTest, ListensOnEveryAddressToo) {
  for (const char* address : {":0", "0.0.0.0:0"}) {
    ASSERT_OK_AND_ASSIGN(const auto acceptor,
                         Acceptor::Listen(address, 1, SystemClock()));
    Connect(*acceptor);
  }
}

TEST_F(AcceptorTest, ListensOnAName) {
  EXPECT_OK(Acceptor::Listen("localhost:0", 1, SystemClock()));
}

TEST_F(AcceptorTest, APortInUseIsAnError) {
  const auto acceptor = Listen();
  EXPECT_THAT(Acceptor::Listen(absl::StrCat("127.0.0.1:", acceptor->port()), 1,
                               SystemClock()),
              StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(AcceptorTest, AnAddressThatIsNoneIsAnError) {
  for (const char* address :
       {"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:", "203.0.113.1:0"}) {
    EXPECT_THAT(Acceptor::Listen(address, 1, SystemClock()),
                StatusIs(absl::StatusCode::kUnavailable))
        << address;
  }
}

}  // namespace
}  // namespace u2fi::rpc
