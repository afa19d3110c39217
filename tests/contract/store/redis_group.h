#ifndef U2FI_TESTS_CONTRACT_STORE_REDIS_GROUP_H_
#define U2FI_TESTS_CONTRACT_STORE_REDIS_GROUP_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/contract/store/child_process.h"
#include "tests/contract/store/proxy.h"
#include "tests/contract/store/redis_server.h"
#include "tests/contract/store/temp_dir.h"

namespace u2fi::store {

// A Redis as it runs in production: a master, replicas, and three Sentinels of
// which two decide. Everybody, replicas and Sentinels included, reaches a
// server through the network before it, which can keep from the replicas what
// the master writes. Failures are those of the test; everything ends with this
// object.
class RedisGroup {
 public:
  // Its name at the Sentinels.
  static constexpr char kName[] = "u2fi";
  // What the Sentinels want to hear.
  static constexpr char kSentinelPassword[] = "not-for-everybody";

  explicit RedisGroup(int replicas = 2);

  // Starts everything. Returns when every replica has what the master has, and
  // every Sentinel knows all of them.
  void Start();

  // Where the Sentinels listen, "host:port".
  std::vector<std::string> sentinels() const;

  // Who is master, as far as this object knows.
  RedisServer& master() { return nodes_[master_]->server; }

  // Returns when every replica has all that was written so far.
  void CatchUp();
  // From now on replicas get nothing of what this master writes.
  void CutOffReplicas();
  // Whether the value of this key in the engine is the master's alone: whoever
  // is promoted now does not have it.
  bool IsOnlyAtMaster(const std::string& key);

  // kill -9 of the master; the Sentinels are not waited for.
  void KillMaster();
  // Returns when all Sentinels name a new master, and it is one.
  void AwaitNewMaster();
  // Both.
  void FailOver();

  // Without Sentinels nobody is promoted. They come back with what they knew.
  void StopSentinels();
  void StartSentinels();

 private:
  // A server, and the network before it.
  struct Node {
    explicit Node(const std::string& nowhere);

    Proxy link;
    RedisServer server;
  };
  struct Sentinel {
    int port;
    std::string config;
    std::unique_ptr<ChildProcess> process;
  };

  static bool Until(const std::function<bool()>& condition);
  void Replicate(Node& replica);
  void WriteConfig(Sentinel& sentinel);
  std::string Ask(const Sentinel& sentinel,
                  const std::vector<std::string>& words) const;
  bool KnowsAll(const Sentinel& sentinel) const;
  // The node that all Sentinels name; -1 if they do not agree.
  int NamedMaster() const;
  // Replicas of the master that run.
  std::vector<RedisServer*> Replicas();

  TempDir dir_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<Sentinel> sentinels_;
  size_t master_ = 0;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_REDIS_GROUP_H_
