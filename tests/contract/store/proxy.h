#ifndef U2FI_TESTS_CONTRACT_STORE_PROXY_H_
#define U2FI_TESTS_CONTRACT_STORE_PROXY_H_

#include <list>
#include <memory>
#include <string>
#include <thread>

#include "services/common/sync/sync.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::store {

// A network that fails as told: a socket in a folder, and a loopback port, that
// pass bytes on to a server's socket. The mode holds for connections that exist
// and for those to come. Thread-safe.
class Proxy {
 public:
  enum class Mode {
    kPass,
    // What the server says disappears.
    kSwallowReplies,
    // What the server says to its replicas disappears: they lag, and do not
    // notice before their `repl-timeout`. A replica is a client that said
    // PSYNC.
    kSwallowReplication,
    // What the client says is kept back; Release() lets it through, even if the
    // client has gone.
    kHoldRequests,
    // No connection lives.
    kRefuse,
  };

  // Passes on to the server's socket in the file system.
  explicit Proxy(std::string target);
  ~Proxy();

  std::string address() const { return "unix:" + dir_.Join("p"); }
  int port() const { return port_; }

  void SetMode(Mode mode);
  // New connections go to another server; present ones end, or stay with
  // theirs.
  void SetTarget(const std::string& target);
  void SetNextTarget(const std::string& target);
  // Ends the present connections; what is held stays held.
  void Cut();
  // Sends what was held to the server, and waits until it has answered.
  void Release();
  // Bytes that are held.
  size_t held() const;

 private:
  class Link;

  int Listen(int fd);
  void Run();
  void Accept(int listener);

  const TempDir dir_;
  int listeners_[2];
  int port_ = 0;
  int stop_;
  mutable Mutex mutex_;
  std::string target_ ABSL_GUARDED_BY(mutex_);
  Mode mode_ ABSL_GUARDED_BY(mutex_) = Mode::kPass;
  std::list<std::unique_ptr<Link>> links_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_PROXY_H_
