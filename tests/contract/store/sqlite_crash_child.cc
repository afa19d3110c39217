// The process that sqlite_crash_test kills: it commits one key after the other
// and prints each key when it has been acknowledged as durable.
//
//   sqlite_crash_child FILE STEPS
//
// STEPS > 0: kills itself (SIGKILL) just before that step on the disk. 0: goes
// on until somebody kills it.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "services/common/random/system_random.h"
#include "services/common/store/fake_sqlite_vfs.h"
#include "services/common/store/sqlite_store.h"
#include "services/common/time/clock.h"

namespace u2fi::store {
namespace {

constexpr int kCommits = 6;

// A challenge is created and consumed in turn, beside a row that only grows.
int Work(const std::string& path, int steps) {
  FakeSqliteVfs vfs;
  std::atomic<int> left{steps};
  vfs.SetHook([&](FakeSqliteVfs::Step, const std::string&) {
    if (steps > 0 && --left == 0) raise(SIGKILL);
    return 0;
  });
  SqliteOptions options;
  options.path = path;
  options.vfs = vfs.name();
  absl::StatusOr<OpenedStore> opened =
      OpenSqliteStore(options, SystemClock(), SystemRandom());
  if (!opened.ok()) return 2;
  Store& store = *opened->store;
  const Partition partition = Partition::Make("gate", "acme").value();
  for (int i = 1; steps == 0 || i <= kCommits; ++i) {
    const absl::StatusOr<Snapshot> now = store.Get(partition, {"head"});
    if (!now.ok()) return 3;
    const std::string value =
        std::to_string(getpid()) + "-" + std::to_string(i);
    const CommitRequest request{now->epoch,
                                {{"head", now->entries[0].version}},
                                {{"head", value}, {"row/" + value, value}},
                                {},
                                Durability::kDurable};
    if (!store.Commit(partition, request).ok()) return 4;
    printf("%s\n", value.c_str());
    fflush(stdout);
  }
  return 0;
}

}  // namespace
}  // namespace u2fi::store

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  return u2fi::store::Work(argv[1], atoi(argv[2]));
}
