#include "tests/ports/free_port.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <random>

#include "absl/strings/str_cat.h"

namespace u2fi {
namespace {

// Takes a name that the kernel gives to one process at a time, and back when
// the process ends, however it does (unix(7), abstract sockets). The descriptor
// stays open on purpose.
bool Reserve(int port) {
  const std::string name = absl::StrCat("u2fi-test-port-", port);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  name.copy(address.sun_path + 1, sizeof(address.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0) return true;
  close(fd);
  return false;
}

bool IsFree(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int taken =
      bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  close(fd);
  return taken == 0;
}

}  // namespace

int FreePort() {
  // Below the ports that the kernel gives to clients (from 32,768 on), and so
  // is the second port of a Redis cluster node, 10,000 higher.
  std::random_device random;
  while (true) {
    const int port = 12000 + static_cast<int>(random() % 10000);
    if (Reserve(port) && IsFree(port)) return port;
  }
}

}  // namespace u2fi
