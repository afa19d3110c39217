#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_WRITER_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_WRITER_H_

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "services/common/store/sqlite_database.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// The one thread that writes. It takes all commits that wait, writes those that
// are only VOLATILE in a transaction without fsync and answers them, then the
// others in one with fsync: many callers share the price of one fsync, and each
// commit is accepted or aborted by itself. Thread-safe.
class SqliteWriter {
 public:
  // Commits of one transaction, and their bytes; more wait for the next one.
  static constexpr size_t kMaxBatch = 512;
  static constexpr size_t kMaxBatchBytes = 16 << 20;

  // The database has been prepared. `clock` must outlive the writer.
  static absl::StatusOr<std::unique_ptr<SqliteWriter>> Start(
      std::unique_ptr<SqliteDatabase> database, const Clock& clock,
      Epoch epoch);

  // Writes what still waits, and ends the thread.
  ~SqliteWriter();

  // Blocks until the commit is as durable as asked. A commit that has not
  // begun by `timeout` is withdrawn: STORE_UNAVAILABLE; one that is being
  // written is STORE_OUTCOME_UNKNOWN. After an fsync that failed, nothing is
  // written any more: only a restart knows what the disk holds.
  absl::StatusOr<Version> Commit(const Partition& partition,
                                 const CommitRequest& request,
                                 absl::Duration timeout);

 private:
  // A commit on its way. It outlives a caller that has given up.
  struct Job {
    enum class State { kWaiting, kRunning, kDone };

    std::string partition;
    CommitRequest request;
    size_t bytes = 0;
    State state = State::kWaiting;
    absl::StatusOr<Version> outcome = absl::UnknownError("");
    CondVar done;
  };
  using Batch = std::vector<std::shared_ptr<Job>>;
  struct Statements;

  SqliteWriter(std::unique_ptr<SqliteDatabase> database, const Clock& clock,
               Epoch epoch, std::unique_ptr<Statements> statements,
               Version counter);

  void Run();
  // Everything that waits, up to the limits; empty when stopping.
  Batch TakeBatch();
  void WriteBatch(const Batch& batch, bool sync);
  void Answer(const Batch& batch);

  // Inside a transaction. An error fails the whole batch.
  absl::Status BeginBatch(bool sync);
  absl::Status WriteJobs(const Batch& batch);
  absl::Status WriteJob(Job& job);
  // The first expectation that fails, or null.
  absl::StatusOr<const Expect*> FailedExpectation(const Job& job);
  absl::Status PutAll(const Job& job, Version version);
  absl::Status DropExpired(const Job& job);

  const std::unique_ptr<SqliteDatabase> database_;
  const Clock& clock_;
  const Epoch epoch_;
  const std::unique_ptr<Statements> statements_;

  // Only the thread uses these.
  Version counter_;
  bool syncing_ = true;
  bool broken_ = false;

  Mutex mutex_;
  CondVar work_;
  std::deque<std::shared_ptr<Job>> queue_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_WRITER_H_
