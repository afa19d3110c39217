#ifndef U2FI_TESTS_CONTRACT_STORE_HOSTILE_SERVER_H_
#define U2FI_TESTS_CONTRACT_STORE_HOSTILE_SERVER_H_

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/sync/sync.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::store {

// Something that passes for a Redis server, holds nothing, and says what the
// test wants. Thread-safe.
class HostileServer {
 public:
  using Words = std::vector<std::string>;
  // The bytes that answer a command.
  using Answer = std::function<std::string(const Words& words)>;

  HostileServer();
  ~HostileServer();

  std::string address() const { return "unix:" + dir_.Join("h"); }

  // Answers the commands whose first word is `command` from now on.
  void Set(const std::string& command, Answer answer);

  // What a polite and empty server says.
  static std::string Polite(const Words& words);

 private:
  void Run();
  // Reads and answers; false when the client has gone.
  bool Serve(int client, std::string& bytes);
  std::string AnswerTo(const Words& words);

  const TempDir dir_;
  const int listener_;
  const int stop_;
  Mutex mutex_;
  std::vector<std::pair<std::string, Answer>> answers_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_HOSTILE_SERVER_H_
