#include "services/common/mqtt/no_delay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace u2fi::mqtt {
namespace {

// A listener on loopback and a connection to it.
class NoDelayTest : public testing::Test {
 protected:
  NoDelayTest() {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size),
        0);
    port_ = ntohs(address.sin_port);
    EXPECT_EQ(connect(client_, reinterpret_cast<sockaddr*>(&address), size), 0);
  }
  ~NoDelayTest() override {
    close(client_);
    close(listener_);
  }

  int NoDelayOf(int fd) {
    int on = -1;
    socklen_t size = sizeof(on);
    EXPECT_EQ(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &size), 0);
    return on;
  }

  const int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int client_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

TEST_F(NoDelayTest, SetsItOnAConnectionToThePort) {
  ASSERT_EQ(NoDelayOf(client_), 0);
  EXPECT_EQ(SendWithoutDelay(port_), 1);
  EXPECT_EQ(NoDelayOf(client_), 1);
}

TEST_F(NoDelayTest, LeavesOtherConnectionsAlone) {
  EXPECT_EQ(SendWithoutDelay(1), 0);
  EXPECT_EQ(NoDelayOf(client_), 0);
}

}  // namespace
}  // namespace u2fi::mqtt
