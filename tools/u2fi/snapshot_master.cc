#include "tools/u2fi/snapshot_master.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/replica_command.h"

namespace u2fi::cli {
namespace {

// For the handshake of whoever has come.
constexpr absl::Duration kGreeting = absl::Seconds(5);
// What may be kept of what is not a whole command yet.
constexpr size_t kMaxWaiting = 64 << 10;
constexpr size_t kChunk = 256 << 10;
// The first byte of a TLS handshake.
constexpr char kTlsByte = '\x16';

absl::Status Failed(absl::string_view problem) {
  return Error(reason::kStoreUnavailable, problem);
}

// True once the descriptor can be read or written; false at `end`.
bool Await(int fd, short events, absl::Time end) {
  while (true) {
    const absl::Duration left =
        std::max(absl::ZeroDuration(), end - absl::Now());
    pollfd about = {fd, events, 0};
    const int64_t wait =
        std::min<int64_t>(absl::ToInt64Milliseconds(left) + 1,
                          absl::ToInt64Milliseconds(absl::Hours(1)));
    const int ready = poll(&about, 1, static_cast<int>(wait));
    if (ready > 0) return true;
    if (absl::Now() >= end) return false;
  }
}

int PortOf(int listener) {
  sockaddr_storage own = {};
  socklen_t size = sizeof(own);
  char port[NI_MAXSERV] = "0";
  auto* const address = reinterpret_cast<sockaddr*>(&own);
  if (getsockname(listener, address, &size) != 0) return 0;
  getnameinfo(address, size, nullptr, 0, port, sizeof(port), NI_NUMERICSERV);
  return std::atoi(port);
}

}  // namespace

absl::StatusOr<std::unique_ptr<SnapshotMaster>> SnapshotMaster::Listen(
    const std::string& host, int port) {
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found) !=
      0) {
    return FieldError("--listen", absl::StrCat("'", host, "' is no address"));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freer(found,
                                                             freeaddrinfo);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::unique_ptr<SnapshotMaster> master(new SnapshotMaster(host, fd));
  if (fd < 0 || bind(fd, found->ai_addr, found->ai_addrlen) != 0 ||
      listen(fd, 4) != 0) {
    return FieldError("--listen", absl::StrCat("cannot listen on ", host, ": ",
                                               std::strerror(errno)));
  }
  master->port_ = PortOf(fd);
  return master;
}

SnapshotMaster::SnapshotMaster(std::string host, int listener)
    : host_(std::move(host)), listener_(listener) {}

SnapshotMaster::~SnapshotMaster() {
  HangUp();
  if (listener_ >= 0) close(listener_);
}

void SnapshotMaster::HangUp() {
  if (peer_ >= 0) close(peer_);
  peer_ = -1;
}

absl::Status SnapshotMaster::Serve(const std::string& replid,
                                   const std::string& own_replid,
                                   const std::string& file,
                                   absl::Duration patience) {
  const absl::Time end = absl::Now() + patience;
  absl::Status last = Failed(absl::StrCat(
      "the server does not come to ", host_, ":", port_,
      " for the backup; give an address with --listen that it reaches"));
  while (Await(listener_, POLLIN, end)) {
    peer_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (peer_ < 0) continue;
    const absl::Status greeted =
        Greet(replid, std::min(end, absl::Now() + kGreeting));
    if (greeted.ok()) {
      RETURN_IF_ERROR(
          Send(absl::StrCat("+FULLRESYNC ", own_replid, " 0\r\n"), patience));
      return SendFile(file, patience);
    }
    last = greeted;
    HangUp();
  }
  return last;
}

absl::Status SnapshotMaster::Greet(const std::string& replid, absl::Time end) {
  std::string bytes;
  while (true) {
    const auto command = TakeReplicaCommand(bytes);
    if (!command.ok() && bytes[0] == kTlsByte) {
      return Failed(
          "the server wants TLS of its master; say CONFIG SET "
          "tls-replication no to it for the time of the restore");
    }
    if (!command.ok()) return Failed(command.status().message());
    if (command->empty()) {
      RETURN_IF_ERROR(Receive(bytes, end));
      continue;
    }
    const std::string verb = absl::AsciiStrToUpper(command->front());
    if (verb == "PSYNC") {
      return command->size() == 3 && (*command)[1] == replid
                 ? absl::OkStatus()
                 : Failed("somebody else than the server asks for the backup");
    }
    if (verb != "PING" && verb != "AUTH" && verb != "REPLCONF") {
      return Failed("what came is no replica");
    }
    RETURN_IF_ERROR(
        Send(verb == "PING" ? "+PONG\r\n" : "+OK\r\n", end - absl::Now()));
  }
}

absl::Status SnapshotMaster::Receive(std::string& bytes, absl::Time end) {
  if (bytes.size() > kMaxWaiting) return Failed("a command is too long");
  if (!Await(peer_, POLLIN, end)) return Failed("the server says nothing");
  char some[4096];
  const ssize_t got = recv(peer_, some, sizeof(some), 0);
  if (got > 0) bytes.append(some, static_cast<size_t>(got));
  if (got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR))) {
    return absl::OkStatus();
  }
  return Failed("the server hangs up before it gets the backup");
}

absl::Status SnapshotMaster::Send(const std::string& bytes,
                                  absl::Duration patience) {
  size_t sent = 0;
  while (sent < bytes.size()) {
    if (!Await(peer_, POLLOUT, absl::Now() + patience)) {
      return Failed("the server takes no more of the backup");
    }
    const ssize_t some =
        send(peer_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (some > 0) sent += static_cast<size_t>(some);
    if (some < 0 && errno != EAGAIN && errno != EINTR) {
      return Failed(
          absl::StrCat("the server hangs up in the middle of the "
                       "backup: ",
                       std::strerror(errno)));
    }
  }
  return absl::OkStatus();
}

absl::Status SnapshotMaster::SendFile(const std::string& file,
                                      absl::Duration patience) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  std::ifstream in(file, std::ios::binary);
  if (error || !in) return Failed(absl::StrCat("cannot read ", file));
  RETURN_IF_ERROR(Send(absl::StrCat("$", size, "\r\n"), patience));
  std::string chunk;
  for (uint64_t left = size; left > 0; left -= chunk.size()) {
    chunk.resize(static_cast<size_t>(std::min<uint64_t>(left, kChunk)));
    if (!in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()))) {
      return Failed(absl::StrCat(file, " became shorter"));
    }
    RETURN_IF_ERROR(Send(chunk, patience));
  }
  return absl::OkStatus();
}

bool SnapshotMaster::Attached() {
  // What it has seen, once a second.
  char some[4096];
  const ssize_t got = recv(peer_, some, sizeof(some), MSG_DONTWAIT);
  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

}  // namespace u2fi::cli
