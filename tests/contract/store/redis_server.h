#ifndef U2FI_TESTS_CONTRACT_STORE_REDIS_SERVER_H_
#define U2FI_TESTS_CONTRACT_STORE_REDIS_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/store/redis_options.h"
#include "tests/contract/store/child_process.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::store {

// The two programs that every Redis test runs against. A missing one fails the
// test.
enum class ServerKind { kRedis, kValkey };
std::string BinaryOf(ServerKind kind);
std::string NameOf(ServerKind kind);

// Runs a command at "host:port" or "unix:/path" and returns its reply as text:
// elements one per line, nil as "(nil)"; "" if nobody answers. `password`: of
// the default user; empty: none.
std::string AskRedis(const std::string& address,
                     const std::vector<std::string>& words,
                     const std::string& password = "");

// A server of the test: on a socket in a folder of its own and on a loopback
// port. It writes an append-only file with fsync at every write.
class RedisServer {
 public:
  // `settings` come last on the command line: {"--maxmemory-policy", "x"}.
  explicit RedisServer(ServerKind kind, std::vector<std::string> settings = {});

  // Returns when it answers. The folder keeps its data from one start to the
  // next.
  void Start();
  // kill -9.
  void Kill() { process_.reset(); }
  bool running() const { return process_ != nullptr; }

  std::string socket() const { return dir_.Join("s"); }
  std::string address() const { return "unix:" + socket(); }
  int port() const { return port_; }
  const TempDir& dir() const { return dir_; }

  // Options of a store on this server, which is quick to find it again.
  RedisOptions Options() const;

  // Runs a command and returns its reply as text: elements one per line, nil
  // as "(nil)". An error reply fails the test unless `may_fail`.
  std::string Run(const std::vector<std::string>& words, bool may_fail = false);

  // Repeats the command until the reply contains `text`; fails after 10 s.
  void RunUntil(const std::vector<std::string>& words, const std::string& text);

 private:
  const ServerKind kind_;
  const std::vector<std::string> settings_;
  TempDir dir_;
  const int port_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_REDIS_SERVER_H_
