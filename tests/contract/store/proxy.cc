#include "tests/contract/store/proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace u2fi::store {
namespace {

sockaddr_un UnixAddress(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

// A connection to the server's socket, or -1.
int Connect(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = UnixAddress(path);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) == 0) {
    return fd;
  }
  close(fd);
  return -1;
}

// What can be read now; false at the end of the connection.
bool ReadSome(int fd, std::string& bytes) {
  char buffer[65536];
  const ssize_t got = recv(fd, buffer, sizeof(buffer), 0);
  if (got <= 0) return false;
  bytes.append(buffer, got);
  return true;
}

// Blocks until all is written.
bool WriteAll(int fd, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t sent =
        send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    done += sent;
  }
  return true;
}

}  // namespace

// One client and its connection to the server. The client may be gone.
class Proxy::Link {
 public:
  Link(int client, int server) : client_(client), server_(server) {}
  ~Link() {
    CloseClient();
    close(server_);
  }

  void CloseClient() {
    if (client_ >= 0) close(std::exchange(client_, -1));
  }
  int client() const { return client_; }
  int server() const { return server_; }
  size_t held() const { return held_.size(); }
  // Nothing more to do for it.
  bool over() const { return over_ || (client_ < 0 && held_.empty()); }

  void FromClient(Mode mode) {
    std::string bytes;
    if (!ReadSome(client_, bytes)) return CloseClient();
    replica_ = replica_ || bytes.find("PSYNC") != std::string::npos;
    if (mode == Mode::kHoldRequests) {
      held_ += bytes;
    } else {
      over_ = !WriteAll(server_, bytes);
    }
  }
  void FromServer(Mode mode) {
    std::string bytes;
    over_ = !ReadSome(server_, bytes);
    const bool swallowed = mode == Mode::kSwallowReplies ||
                           (mode == Mode::kSwallowReplication && replica_);
    if (!swallowed && client_ >= 0) WriteAll(client_, bytes);
  }
  // True if there was something to send.
  bool Release() {
    WriteAll(server_, held_);
    return !std::exchange(held_, "").empty();
  }

 private:
  int client_;
  const int server_;
  std::string held_;
  bool replica_ = false;
  bool over_ = false;
};

Proxy::Proxy(std::string target)
    : stop_(eventfd(0, EFD_CLOEXEC)), target_(std::move(target)) {
  const sockaddr_un path = UnixAddress(dir_.Join("p"));
  listeners_[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(bind(listeners_[0], reinterpret_cast<const sockaddr*>(&path),
                 sizeof(path)),
            0);
  sockaddr_in loopback = {};
  loopback.sin_family = AF_INET;
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(loopback);
  listeners_[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(bind(listeners_[1], reinterpret_cast<sockaddr*>(&loopback), size),
            0);
  getsockname(listeners_[1], reinterpret_cast<sockaddr*>(&loopback), &size);
  port_ = ntohs(loopback.sin_port);
  for (int listener : listeners_) EXPECT_EQ(listen(listener, 64), 0);
  thread_ = std::thread([this] { Run(); });
}

Proxy::~Proxy() {
  const uint64_t one = 1;
  EXPECT_EQ(write(stop_, &one, sizeof(one)), 8);
  thread_.join();
  for (int fd : {listeners_[0], listeners_[1], stop_}) close(fd);
}

void Proxy::SetMode(Mode mode) {
  MutexLock lock(mutex_);
  mode_ = mode;
  if (mode == Mode::kRefuse) links_.clear();
}

void Proxy::SetTarget(const std::string& target) {
  MutexLock lock(mutex_);
  target_ = target;
  links_.clear();
}

void Proxy::SetNextTarget(const std::string& target) {
  MutexLock lock(mutex_);
  target_ = target;
}

void Proxy::Cut() {
  MutexLock lock(mutex_);
  for (const auto& link : links_) link->CloseClient();
}

void Proxy::Release() {
  MutexLock lock(mutex_);
  for (const auto& link : links_) {
    if (!link->Release()) continue;
    std::string answer;
    ReadSome(link->server(), answer);
  }
}

size_t Proxy::held() const {
  MutexLock lock(mutex_);
  size_t bytes = 0;
  for (const auto& link : links_) bytes += link->held();
  return bytes;
}

void Proxy::Accept(int listener) {
  const int client = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  MutexLock lock(mutex_);
  const int server = mode_ == Mode::kRefuse ? -1 : Connect(target_);
  if (server < 0) {
    close(client);
  } else {
    links_.push_back(std::make_unique<Link>(client, server));
  }
}

void Proxy::Run() {
  while (true) {
    std::vector<pollfd> fds = {{stop_, POLLIN, 0},
                               {listeners_[0], POLLIN, 0},
                               {listeners_[1], POLLIN, 0}};
    {
      MutexLock lock(mutex_);
      links_.remove_if([](const auto& link) { return link->over(); });
      for (const auto& link : links_) {
        fds.push_back({link->client(), POLLIN, 0});
        fds.push_back({link->server(), POLLIN, 0});
      }
    }
    // Other threads change the links: look again soon.
    if (poll(fds.data(), fds.size(), 2) == 0) continue;
    if (fds[0].revents != 0) return;
    for (int i : {1, 2}) {
      if (fds[i].revents != 0) Accept(fds[i].fd);
    }
    MutexLock lock(mutex_);
    for (const auto& link : links_) {
      pollfd ready[2] = {{link->client(), POLLIN, 0},
                         {link->server(), POLLIN, 0}};
      poll(ready, 2, 0);
      if (ready[0].revents != 0) link->FromClient(mode_);
      if (ready[1].revents != 0) link->FromServer(mode_);
    }
  }
}

}  // namespace u2fi::store
