// Listeners are reached over IPv4 and IPv6, whichever a cluster has.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "services/common/rpc/health_server.h"
#include "services/common/status/status_matchers.h"
#include "tests/integration/rpc/mesh_test_case.h"

namespace u2fi::rpc {
namespace {

sockaddr_in6 Loopback6(int port) {
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<uint16_t>(port));
  address.sin6_addr = in6addr_loopback;
  return address;
}

// Whether there is IPv6 here: true on every machine but odd ones.
bool HasIpv6() {
  const int fd = socket(AF_INET6, SOCK_STREAM, 0);
  const sockaddr_in6 address = Loopback6(0);
  const bool bound = bind(fd, reinterpret_cast<const sockaddr*>(&address),
                          sizeof(address)) == 0;
  close(fd);
  return bound;
}

bool AnswersOnIpv6(int port) {
  const int fd = socket(AF_INET6, SOCK_STREAM, 0);
  const sockaddr_in6 address = Loopback6(port);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0;
  close(fd);
  return connected;
}

class FamiliesTest : public MeshTestCase {};

// As the chart gives it.
TEST_F(FamiliesTest, TheMeshWithoutAHostIsOnBoth) {
  Listen();
  server_.reset();
  server_ = Server::ListenMutualTls(ServiceList().Add<test::Echo>(echo_), {},
                                    *server_tls_, ":0")
                .value();
  EXPECT_OK(Say(ChannelOf("client/t1/app")));
  EXPECT_EQ(AnswersOnIpv6(server_->port()), HasIpv6());
}

TEST_F(FamiliesTest, ReplicasWithoutAHostAreOnBoth) {
  server_tls_ = ca_.Identity("service/command-gate");
  server_ = Server::ListenToReplicas(ServiceList().Add<test::Echo>(echo_), {},
                                     *server_tls_, "command-gate", ":0")
                .value();
  EXPECT_EQ(AnswersOnIpv6(server_->port()), HasIpv6());
}

// gRPC's own listener takes it for every address.
TEST_F(FamiliesTest, HealthOnAllAddressesIsOnBoth) {
  const auto health = HealthServer::Listen("0.0.0.0:0", {}).value();
  EXPECT_EQ(AnswersOnIpv6(health->port()), HasIpv6());
}

}  // namespace
}  // namespace u2fi::rpc
