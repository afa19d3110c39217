#include "tests/contract/store/hostile_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/store/redis_scripts.h"

namespace u2fi::store {
namespace {

using Words = HostileServer::Words;

std::string Bulk(const std::string& text) {
  return absl::StrCat("$", text.size(), "\r\n", text, "\r\n");
}

// Takes one command off the front of `bytes`; empty if it is not complete.
Words TakeCommand(std::string& bytes) {
  size_t at = bytes.find("\r\n");
  if (at == std::string::npos) return {};
  const int count = std::stoi(bytes.substr(1));
  at += 2;
  Words words;
  for (int i = 0; i < count; ++i) {
    const size_t line = bytes.find("\r\n", at);
    if (line == std::string::npos) return {};
    const size_t size = std::stoul(bytes.substr(at + 1));
    if (bytes.size() < line + 4 + size) return {};
    words.push_back(bytes.substr(line + 2, size));
    at = line + 4 + size;
  }
  bytes.erase(0, at);
  return words;
}

std::string PoliteScript(const Words& words) {
  const std::string epoch = Bulk(std::string(40, 'e'));
  const size_t keys = std::stoul(words[2]);
  if (words[1] == ShaOf(RedisScript::kCommit)) {
    const bool puts = words[3 + keys + 3] != "0";
    return absl::StrCat("*3\r\n", Bulk(words[3 + keys + 1]),
                        ":0\r\n:", puts ? 1 : 0, "\r\n");
  }
  if (words[1] == ShaOf(RedisScript::kScan)) {
    return absl::StrCat("*2\r\n", epoch, ":0\r\n");
  }
  std::string answer = absl::StrCat("*", keys, "\r\n", epoch);
  for (size_t i = 1; i < keys; ++i) absl::StrAppend(&answer, "$-1\r\n");
  return answer;
}

}  // namespace

std::string HostileServer::Polite(const Words& words) {
  if (words[0] == "EVALSHA") return PoliteScript(words);
  if (words[0] == "INFO") {
    return Bulk(
        "redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n"
        "role:master\r\naof_enabled:1\r\n");
  }
  if (words[0] == "CONFIG") {
    return "*2\r\n" + Bulk("appendfsync") + Bulk("always");
  }
  if (words[0] == "TIME") return "*2\r\n" + Bulk("1700000000") + Bulk("0");
  if (words[0] == "SUBSCRIBE") {
    return "*3\r\n" + Bulk("subscribe") + Bulk(words[1]) + ":1\r\n";
  }
  return ":0\r\n";
}

HostileServer::HostileServer()
    : listener_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  dir_.Join("h").copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(
      bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
      0);
  EXPECT_EQ(listen(listener_, 16), 0);
  thread_ = std::thread([this] { Run(); });
}

HostileServer::~HostileServer() {
  const uint64_t one = 1;
  EXPECT_EQ(write(stop_, &one, sizeof(one)), 8);
  thread_.join();
  close(listener_);
  close(stop_);
}

void HostileServer::Set(const std::string& command, Answer answer) {
  MutexLock lock(mutex_);
  answers_.emplace_back(command, std::move(answer));
}

std::string HostileServer::AnswerTo(const Words& words) {
  MutexLock lock(mutex_);
  for (auto it = answers_.rbegin(); it != answers_.rend(); ++it) {
    if (it->first == words[0]) return it->second(words);
  }
  return Polite(words);
}

void HostileServer::Run() {
  std::map<int, std::string> clients;
  while (true) {
    std::vector<pollfd> fds = {{stop_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [fd, bytes] : clients) fds.push_back({fd, POLLIN, 0});
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) break;
    if (fds[1].revents != 0) {
      clients.emplace(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), "");
    }
    for (size_t i = 2; i < fds.size(); ++i) {
      if (fds[i].revents == 0) continue;
      if (Serve(fds[i].fd, clients[fds[i].fd])) continue;
      clients.erase(fds[i].fd);
      close(fds[i].fd);
    }
  }
  for (const auto& [fd, bytes] : clients) close(fd);
}

bool HostileServer::Serve(int client, std::string& bytes) {
  char buffer[65536];
  const ssize_t got = recv(client, buffer, sizeof(buffer), 0);
  if (got <= 0) return false;
  bytes.append(buffer, got);
  for (Words words = TakeCommand(bytes); !words.empty();
       words = TakeCommand(bytes)) {
    const std::string answer = AnswerTo(words);
    for (size_t done = 0; done < answer.size();) {
      const ssize_t sent = send(client, answer.data() + done,
                                answer.size() - done, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      done += sent;
    }
  }
  return true;
}

}  // namespace u2fi::store
