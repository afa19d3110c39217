#include "services/common/rpc/acceptor.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/logging/logging.h"

namespace u2fi::rpc {
namespace {

// Pause after accept() failed for want of descriptors or memory.
constexpr int kPauseMs = 50;

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

Addresses Resolve(const std::string& host, const std::string& port) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (port.empty() ||
      getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    found = nullptr;
  }
  return Addresses(found, freeaddrinfo);
}

// A listening socket, or -1.
int ListenOn(const addrinfo& address, int backlog) {
  const int fd =
      socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (address.ai_family == AF_INET6) {
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 &&
      listen(fd, backlog) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

// On the first address of `host` that can be listened on; -1 if there is none.
int ListenOn(const std::string& host, const std::string& port, int backlog) {
  const Addresses addresses = Resolve(host, port);
  for (const addrinfo* one = addresses.get(); one != nullptr;
       one = one->ai_next) {
    const int fd = ListenOn(*one, backlog);
    if (fd >= 0) return fd;
  }
  return -1;
}

// "host:port"; without a host everywhere, IPv4 and IPv6 if there is any.
int ListenOn(absl::string_view address, int backlog) {
  const size_t colon = address.rfind(':');
  if (colon == address.npos) return -1;
  absl::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) absl::ConsumeSuffix(&host, "]");
  const std::string port(address.substr(colon + 1));
  if (!host.empty()) return ListenOn(std::string(host), port, backlog);
  const int fd = ListenOn("::", port, backlog);
  return fd >= 0 ? fd : ListenOn("0.0.0.0", port, backlog);
}

int PortOf(int fd) {
  sockaddr_storage name = {};
  socklen_t size = sizeof(name);
  getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
  return ntohs(name.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&name)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&name)->sin_port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(
    const std::string& address, int per_second, const Clock& clock) {
  const int listener = ListenOn(address, BacklogOf(per_second));
  if (listener < 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address));
  }
  return std::unique_ptr<Acceptor>(
      new Acceptor(listener, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
                   PortOf(listener), AcceptRate(per_second, clock)));
}

Acceptor::Acceptor(int listener, int wake, int port, AcceptRate rate)
    : listener_(listener), wake_(wake), port_(port), rate_(rate) {}

Acceptor::~Acceptor() {
  Stop();
  close(wake_);
}

void Acceptor::Start(Handler handler) {
  handler_ = std::move(handler);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    if (write(wake_, &one, sizeof(one)) != sizeof(one)) {
      logging::Error("cannot wake the acceptor");
    }
    thread_.join();
  }
  if (listener_ >= 0) close(std::exchange(listener_, -1));
}

bool Acceptor::WaitFor(int timeout_ms, bool connection) {
  pollfd fds[] = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
  const int count = poll(fds, connection ? 2 : 1, timeout_ms);
  return !(count > 0 && fds[0].revents != 0);
}

void Acceptor::Run() {
  while (WaitFor(-1, true)) {
    for (absl::Duration wait = rate_.Take(); wait > absl::ZeroDuration();
         wait = rate_.Take()) {
      const auto ms = static_cast<int>(absl::ToInt64Milliseconds(wait)) + 1;
      if (!WaitFor(ms, false)) return;
    }
    const int fd =
        accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      const int on = 1;
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      handler_(listener_, fd);
    } else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
      logging::Warning("cannot accept a connection", {{"errno", errno}});
      if (!WaitFor(kPauseMs, false)) return;
    }
  }
}

}  // namespace u2fi::rpc
