#ifndef U2FI_SERVICES_COMMON_STORE_SQLITE_ENGINE_H_
#define U2FI_SERVICES_COMMON_STORE_SQLITE_ENGINE_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/optional.h"
#include "services/common/random/random_source.h"
#include "services/common/store/record_cache.h"
#include "services/common/store/sqlite_copy.h"
#include "services/common/store/sqlite_database.h"
#include "services/common/store/sqlite_reader.h"
#include "services/common/store/sqlite_writer.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// One connection that all callers share. VOLATILE commits are written by the
// caller itself, into a transaction that stays open; the others wait for the
// one thread that ends it and then waits for the disk, all that wait with the
// same fsync. Reads see the open transaction, but never a commit that asked for
// durability and does not have it yet. Thread-safe.
//
// Nobody else writes the file, so what was read or written lately is answered
// from memory, also while the thread has the connection. While it waits for the
// disk, only those wait who read or write what it is to make last.
//
// Where a transaction is lost with VOLATILE commits in it that were answered
// (a full disk), the epoch changes.
class SqliteEngine {
 public:
  // Commits of one fsync, and their bytes; more wait for the next one.
  static constexpr size_t kMaxBatch = 512;
  static constexpr size_t kMaxBatchBytes = 16 << 20;
  // After this long what is VOLATILE is on disk as well.
  static constexpr absl::Duration kFlushPeriod = absl::Milliseconds(100);

  // Records that are kept in memory.
  static constexpr size_t kCacheBytes = 4 << 20;

  // The log is copied into the file, after whoever committed was answered, when
  // it has this many pages and nobody waits for the connection, or when it has
  // so many that they have to.
  static constexpr int kLogPages = 250;
  static constexpr int kMaxLogPages = 1000;

  // The database has been prepared. The references must outlive the engine.
  static absl::StatusOr<std::unique_ptr<SqliteEngine>> Start(
      std::unique_ptr<SqliteDatabase> database, const Clock& clock,
      RandomSource& random, size_t cache_bytes = kCacheBytes);

  // Writes what still waits, and ends the thread.
  ~SqliteEngine();

  // As Store::Commit. A commit that has not begun by `timeout` is withdrawn:
  // STORE_UNAVAILABLE; one that is being written is STORE_OUTCOME_UNKNOWN.
  // After an fsync that failed, nothing is written any more: only a restart
  // knows what the disk holds.
  absl::StatusOr<Version> Commit(const Partition& partition,
                                 const CommitRequest& request,
                                 absl::Duration timeout);

  // As in Store.
  absl::StatusOr<Snapshot> Get(const Partition& partition,
                               const std::vector<std::string>& keys,
                               absl::Duration timeout);
  absl::StatusOr<Page> Scan(const Partition& partition,
                            absl::string_view prefix, absl::string_view after,
                            size_t limit, absl::Duration timeout);

  // Copies the database into the new file `path`, a little between any two
  // batches, so that nobody waits long. The copy holds everything that was
  // answered before the call. One at a time. STORE_UNAVAILABLE; then `path` is
  // of no use.
  absl::Status BackUp(const std::string& path);

 private:
  // Pages that are copied between two batches: 1 MiB.
  static constexpr int kCopiedAtOnce = 256;

  // A copy that is being made. Until it has an outcome only the thread uses the
  // rest of it.
  struct Copying {
    std::string path;
    std::unique_ptr<SqliteCopy> copy;
    absl::optional<absl::Status> outcome;
  };

  // A durable commit on its way. It outlives a caller that has given up.
  struct Job {
    enum class State { kWaiting, kRunning, kDone };

    std::string partition;
    CommitRequest request;
    size_t bytes = 0;
    State state = State::kWaiting;
    absl::StatusOr<Version> outcome = absl::UnknownError("");
    SqliteWriter::Dropped dropped;
    CondVar done;
  };
  using Batch = std::vector<std::shared_ptr<Job>>;

  SqliteEngine(std::unique_ptr<SqliteDatabase> database, SqliteReader reader,
               SqliteWriter writer, RandomSource& random, size_t cache_bytes);

  // Puts what the cache knows of `keys` into `entries`; places of the others.
  std::vector<size_t> FromCache(const std::string& partition,
                                const std::vector<std::string>& keys,
                                std::vector<Entry>& entries)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Reads those at `places` from the database, which is free.
  absl::Status FromDatabase(const Partition& partition,
                            const std::vector<std::string>& keys,
                            const std::vector<size_t>& places,
                            std::vector<Entry>& entries)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Readers see what a commit did that got `version`.
  void Show(const std::string& partition, const SqliteWriter::Dropped& dropped,
            CommitRequest request, Version version)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Readers see what came of a batch; `kept` is false if all was given up.
  void ShowBatch(const Batch& batch, bool kept)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Readers see that the open transaction is lost.
  void ShowLoss() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::StatusOr<Version> CommitVolatile(const Partition& partition,
                                         const CommitRequest& request,
                                         absl::Duration timeout);
  absl::StatusOr<Version> CommitDurable(const Partition& partition,
                                        const CommitRequest& request,
                                        absl::Duration timeout);

  // What a caller reads or writes: the hashes of keys, or all there is.
  struct Touched {
    std::vector<size_t> keys;
    bool all = false;
  };
  // Whether the thread neither uses the connection nor waits for the disk with
  // any of these keys.
  bool IsFree(const Touched& touched) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits until it is so. STORE_UNAVAILABLE.
  absl::Status WaitUntilFree(const Touched& touched, absl::Duration timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Run();
  // Waits for work. False when stopping and all is done.
  bool WaitForWork() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Batch TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // On the thread, with `busy_` set instead of the lock held.
  // False if all was given up.
  bool WriteBatch(const Batch& batch);
  // Others may use the connection while the disk is waited for, unless the log
  // is to be copied then: true.
  bool BeginSync(const Batch& batch);
  // False if it failed: then nothing more is written.
  bool EndSync(const Batch& batch);
  // A sync has failed. With the lock held, or with `busy_` set.
  void Break();
  // Copies the log into the file, and gives the connection back in between.
  void CopyLog();
  absl::Status WriteJobs(const Batch& batch);
  // Nothing of the open transaction is kept.
  void GiveUp();
  // A step of the copy, if there is one; its outcome when it has ended. No
  // transaction is open.
  absl::optional<absl::Status> CopySome(Copying* copying);
  // Whether the log is to be copied now.
  bool IsLogFull() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Callers hear what came of the batch and of the copy.
  void Answer(const Batch& batch, bool kept, Copying* copying,
              const absl::optional<absl::Status>& copied);
  // The copy that has not ended, or nullptr.
  Copying* ActiveCopy() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndCopy(Copying& copying, const absl::Status& outcome)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<SqliteDatabase> database_;
  RandomSource& random_;

  // Used with mutex_ held while not busy_, by the thread alone while busy_.
  SqliteReader reader_;
  SqliteWriter writer_;
  Epoch epoch_;
  // VOLATILE commits in the open transaction have been answered; their bytes.
  bool answered_ = false;
  size_t open_bytes_ = 0;
  // A sync has failed. Written by the thread.
  bool broken_ = false;

  Mutex mutex_;
  // What readers see: nothing of the batch that is being written.
  RecordCache cache_ ABSL_GUARDED_BY(mutex_);
  Epoch seen_epoch_ ABSL_GUARDED_BY(mutex_);
  CondVar work_;
  CondVar free_;
  std::deque<std::shared_ptr<Job>> queue_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  // What was committed is not known to be on disk: the hashes of the keys that
  // durable commits of it changed, and what VOLATILE ones dropped since.
  bool syncing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_set<size_t> unsynced_ ABSL_GUARDED_BY(mutex_);
  SqliteWriter::Dropped dropped_since_ ABSL_GUARDED_BY(mutex_);
  // Callers who wait for any of this: they come before the next batch.
  int waiters_ ABSL_GUARDED_BY(mutex_) = 0;
  // The thread waits without a time, so it must be told of the first VOLATILE
  // commit.
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::unique_ptr<Copying> copying_ ABSL_GUARDED_BY(mutex_);
  CondVar copied_;
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_SQLITE_ENGINE_H_
