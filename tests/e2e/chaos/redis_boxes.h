#ifndef U2FI_TESTS_E2E_CHAOS_REDIS_BOXES_H_
#define U2FI_TESTS_E2E_CHAOS_REDIS_BOXES_H_

#include <string>
#include <vector>

#include "services/common/time/clock.h"
#include "tests/contract/store/temp_dir.h"
#include "tests/e2e/boxes.h"
#include "tests/e2e/programs.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::e2e {

// A Redis and a Sentinel at each box: one of the servers is master, two of
// three Sentinels decide which. Every write is synced to the disk, a small one
// of its own for each server, before it is answered. Failures are those of the
// test. Not thread-safe.
class RedisBoxes {
 public:
  // Of these boxes the first `count`.
  RedisBoxes(const Boxes& boxes, int count);
  ~RedisBoxes();

  // Returns when every Sentinel knows all servers.
  void Start();

  // For the services; an answer waits for one replica.
  config::v1::RedisStoreConfig Config() const;

  // The box of the master by what most Sentinels say; -1 if they do not agree.
  int Master() const;
  // One that is not the master's.
  int Replica() const;

  // "redis-0", …, "sentinel-0", …: what runs.
  Programs& programs() { return programs_; }
  static std::string ServerName(int box);

  // No byte more fits on the disk of a server; and then it does again.
  void FillDisk(int box);
  void FreeDisk(int box);

  // Whether all run, one as master and the others with what it has.
  bool IsWhole() const;
  // Starts again what does not run.
  void StartDead();

 private:
  std::string FolderOf(int box) const;
  std::string Ask(int box, int port,
                  const std::vector<std::string>& words) const;
  void StartServer(int box);
  void StartSentinel(int box);

  const Boxes& boxes_;
  const int count_;
  const store::TempDir dir_;
  Programs programs_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_CHAOS_REDIS_BOXES_H_
