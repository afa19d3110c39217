#include "tests/contract/store/redis_server.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "services/common/store/redis_connection.h"
#include "tests/ports/free_port.h"

namespace u2fi::store {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

std::string TextOf(const redisReply& reply) {
  const std::vector<const redisReply*> elements = Elements(reply);
  if (elements.empty()) {
    if (IsNil(reply)) return "(nil)";
    if (AsInteger(reply).ok()) return absl::StrCat(*AsInteger(reply));
    return std::string(AsString(reply).value_or(ErrorText(reply)));
  }
  std::string text;
  for (const redisReply* element : elements) {
    absl::StrAppend(&text, TextOf(*element), "\n");
  }
  return text;
}

absl::StatusOr<RedisReply> CallOnce(const std::string& address,
                                    const std::vector<std::string>& words,
                                    const std::string& password = "") {
  absl::StatusOr<RedisAddress> parsed = RedisAddress::Parse(address);
  if (!parsed.ok()) return parsed.status();
  absl::StatusOr<std::unique_ptr<RedisConnection>> connection =
      RedisConnection::Dial(*parsed, nullptr, "", absl::Seconds(2));
  if (!connection.ok()) return connection.status();
  if (!password.empty()) {
    const auto let_in = (*connection)->Call({"AUTH", password});
    if (!let_in.ok()) return let_in.status();
  }
  return (*connection)->Call(words);
}

std::string LogOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::string BinaryOf(ServerKind kind) {
  if (kind == ServerKind::kRedis) return "/usr/bin/redis-server";
  const char* runfiles = getenv("TEST_SRCDIR");
  return absl::StrCat(runfiles == nullptr ? "" : runfiles,
                      "/valkey/usr/bin/valkey-server");
}

std::string NameOf(ServerKind kind) {
  return kind == ServerKind::kRedis ? "Redis" : "Valkey";
}

std::string AskRedis(const std::string& address,
                     const std::vector<std::string>& words,
                     const std::string& password) {
  const absl::StatusOr<RedisReply> reply = CallOnce(address, words, password);
  return reply.ok() ? TextOf(**reply) : "";
}

RedisServer::RedisServer(ServerKind kind, std::vector<std::string> settings)
    : kind_(kind), settings_(std::move(settings)), port_(FreePort()) {
  EXPECT_EQ(access(BinaryOf(kind).c_str(), X_OK), 0)
      << BinaryOf(kind) << " is missing: run tools/setup";
}

void RedisServer::Start() {
  std::vector<std::string> words = {BinaryOf(kind_),
                                    "--port",
                                    absl::StrCat(port_),
                                    "--bind",
                                    "127.0.0.1",
                                    "--unixsocket",
                                    socket(),
                                    "--dir",
                                    dir_.path(),
                                    "--appendonly",
                                    "yes",
                                    "--appendfsync",
                                    "always",
                                    "--save",
                                    "",
                                    "--repl-diskless-sync-delay",
                                    "0",
                                    "--repl-ping-replica-period",
                                    "1"};
  words.insert(words.end(), settings_.begin(), settings_.end());
  unlink(socket().c_str());
  process_ = std::make_unique<ChildProcess>(words, dir_.Join("log"));
  const absl::Time end = absl::Now() + kPatience;
  while (absl::Now() < end) {
    const absl::StatusOr<RedisReply> reply = CallOnce(address(), {"PING"});
    const std::string text = reply.ok() ? TextOf(**reply) : "";
    // NOAUTH is an answer too.
    if (!text.empty() && !absl::StartsWith(text, "LOADING")) return;
    absl::SleepFor(absl::Milliseconds(2));
  }
  FAIL() << NameOf(kind_) << " does not start:\n" << LogOf(dir_.Join("log"));
}

RedisOptions RedisServer::Options() const {
  RedisOptions options;
  options.address = address();
  options.longest_backoff = absl::Milliseconds(50);
  return options;
}

std::string RedisServer::Run(const std::vector<std::string>& words,
                             bool may_fail) {
  const absl::StatusOr<RedisReply> reply = CallOnce(address(), words);
  if (!reply.ok()) {
    EXPECT_TRUE(may_fail) << reply.status();
    return "";
  }
  EXPECT_TRUE(may_fail || ErrorText(**reply).empty())
      << words[0] << ": " << ErrorText(**reply);
  return TextOf(**reply);
}

void RedisServer::RunUntil(const std::vector<std::string>& words,
                           const std::string& text) {
  const absl::Time end = absl::Now() + kPatience;
  std::string last;
  while (absl::Now() < end) {
    last = Run(words, /*may_fail=*/true);
    if (absl::StrContains(last, text)) return;
    absl::SleepFor(absl::Milliseconds(5));
  }
  FAIL() << words[0] << " never said '" << text << "' but\n" << last;
}

}  // namespace u2fi::store
