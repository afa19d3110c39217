#include "services/common/store/sqlite_writer.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/engine_rules.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

size_t BytesOf(const CommitRequest& request) {
  size_t bytes = 0;
  for (const Put& put : request.put) bytes += put.key.size() + put.value.size();
  return bytes;
}

bool IsVolatile(const CommitRequest& request) {
  return request.durability == Durability::kVolatile;
}

// One error each: callers share no absl::Status with this thread.
void FailAll(const std::vector<absl::StatusOr<Version>*>& outcomes,
             absl::Status (*error)(absl::string_view),
             absl::string_view cause) {
  for (absl::StatusOr<Version>* outcome : outcomes) *outcome = error(cause);
}

}  // namespace

struct SqliteWriter::Statements {
  SqliteStatement version;
  SqliteStatement put;
  SqliteStatement remove;
  SqliteStatement drop;
  SqliteStatement counter;
};

absl::StatusOr<std::unique_ptr<SqliteWriter>> SqliteWriter::Start(
    std::unique_ptr<SqliteDatabase> database, const Clock& clock, Epoch epoch) {
  const auto prepare = [&](absl::string_view sql) {
    return database->Prepare(sql);
  };
  ASSIGN_OR_RETURN(SqliteStatement version,
                   prepare("SELECT version FROM records "
                           "WHERE partition = ? AND key = ?"));
  ASSIGN_OR_RETURN(SqliteStatement put,
                   prepare("REPLACE INTO records VALUES (?, ?, ?, ?, ?)"));
  ASSIGN_OR_RETURN(
      SqliteStatement remove,
      prepare("DELETE FROM records WHERE partition = ? AND key = ?"));
  ASSIGN_OR_RETURN(
      SqliteStatement drop,
      prepare("DELETE FROM records WHERE (partition, key) IN (SELECT "
              "partition, key FROM records INDEXED BY records_by_expiry WHERE "
              "expires > 0 AND expires < ? ORDER BY expires LIMIT ?)"));
  ASSIGN_OR_RETURN(SqliteStatement counter,
                   prepare("UPDATE counter SET version = ?"));
  ASSIGN_OR_RETURN(const int64_t last,
                   database->QueryInt("SELECT version FROM counter"));
  auto statements = std::make_unique<Statements>(
      Statements{std::move(version), std::move(put), std::move(remove),
                 std::move(drop), std::move(counter)});
  return std::unique_ptr<SqliteWriter>(
      new SqliteWriter(std::move(database), clock, std::move(epoch),
                       std::move(statements), static_cast<Version>(last)));
}

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteDatabase> database,
                           const Clock& clock, Epoch epoch,
                           std::unique_ptr<Statements> statements,
                           Version counter)
    : database_(std::move(database)),
      clock_(clock),
      epoch_(std::move(epoch)),
      statements_(std::move(statements)),
      counter_(counter),
      thread_([this] { Run(); }) {}

SqliteWriter::~SqliteWriter() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    work_.NotifyAll();
  }
  thread_.join();
}

absl::StatusOr<Version> SqliteWriter::Commit(const Partition& partition,
                                             const CommitRequest& request,
                                             absl::Duration timeout) {
  auto job = std::make_shared<Job>();
  job->partition = partition.Name();
  job->request = request;
  job->bytes = BytesOf(request);
  MutexLock lock(mutex_);
  if (stopping_) return Unavailable("it is being closed");
  queue_.push_back(job);
  work_.NotifyOne();
  while (job->state != Job::State::kDone) {
    if (job->done.WaitFor(mutex_, timeout)) continue;
    if (job->state == Job::State::kRunning) {
      return OutcomeUnknown("the disk did not answer in time");
    }
    if (job->state == Job::State::kWaiting) {
      queue_.erase(std::find(queue_.begin(), queue_.end(), job));
      return Unavailable("the disk is busy");
    }
  }
  return std::move(job->outcome);
}

void SqliteWriter::Run() {
  while (true) {
    const Batch batch = TakeBatch();
    if (batch.empty()) return;
    Batch parts[2];
    for (const auto& job : batch) {
      parts[IsVolatile(job->request) ? 0 : 1].push_back(job);
    }
    WriteBatch(parts[0], /*sync=*/false);
    WriteBatch(parts[1], /*sync=*/true);
  }
}

SqliteWriter::Batch SqliteWriter::TakeBatch() {
  MutexLock lock(mutex_);
  while (queue_.empty() && !stopping_) work_.Wait(mutex_);
  Batch batch;
  size_t bytes = 0;
  while (!queue_.empty() && batch.size() < kMaxBatch &&
         bytes < kMaxBatchBytes) {
    queue_.front()->state = Job::State::kRunning;
    bytes += queue_.front()->bytes;
    batch.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batch;
}

void SqliteWriter::WriteBatch(const Batch& batch, bool sync) {
  if (batch.empty()) return;
  absl::Cleanup answer = [&] { Answer(batch); };
  std::vector<absl::StatusOr<Version>*> outcomes;
  for (const auto& job : batch) outcomes.push_back(&job->outcome);
  if (broken_) return FailAll(outcomes, Unavailable, "the disk has failed");
  const Version before = counter_;
  absl::Status status = BeginBatch(sync);
  if (status.ok()) status = WriteJobs(batch);
  if (status.ok()) status = database_->Run("COMMIT");
  if (status.ok()) return;
  broken_ = database_->LastErrorWasSync();
  counter_ = before;
  // Fails if SQLite has rolled back already.
  (void)database_->Run("ROLLBACK");
  FailAll(outcomes, broken_ ? OutcomeUnknown : Unavailable, status.message());
}

void SqliteWriter::Answer(const Batch& batch) {
  MutexLock lock(mutex_);
  for (const auto& job : batch) {
    job->state = Job::State::kDone;
    job->done.NotifyAll();
  }
}

absl::Status SqliteWriter::BeginBatch(bool sync) {
  if (sync != syncing_) {
    RETURN_IF_ERROR(database_->Run(sync ? "PRAGMA synchronous = FULL"
                                        : "PRAGMA synchronous = NORMAL"));
    syncing_ = sync;
  }
  return database_->Run("BEGIN IMMEDIATE");
}

absl::Status SqliteWriter::WriteJobs(const Batch& batch) {
  for (const auto& job : batch) RETURN_IF_ERROR(WriteJob(*job));
  return statements_->counter.Bind(1, static_cast<int64_t>(counter_)).Run();
}

absl::Status SqliteWriter::WriteJob(Job& job) {
  if (job.request.epoch != epoch_) {
    job.outcome = EpochChanged();
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Expect* failed, FailedExpectation(job));
  if (failed != nullptr) {
    job.outcome = Aborted(failed->key);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(DropExpired(job));
  for (const std::string& key : job.request.remove) {
    RETURN_IF_ERROR(
        statements_->remove.BindText(1, job.partition).BindText(2, key).Run());
  }
  const Version version = job.request.put.empty() ? kAbsent : ++counter_;
  RETURN_IF_ERROR(PutAll(job, version));
  job.outcome = version;
  return absl::OkStatus();
}

absl::StatusOr<const Expect*> SqliteWriter::FailedExpectation(const Job& job) {
  SqliteStatement& select = statements_->version;
  for (const Expect& expect : job.request.expect) {
    absl::Cleanup reset = [&] { select.Reset(); };
    ASSIGN_OR_RETURN(
        const bool found,
        select.BindText(1, job.partition).BindText(2, expect.key).Step());
    const Version version =
        found ? static_cast<Version>(select.Int(0)) : kAbsent;
    if (version != expect.version) return &expect;
  }
  return nullptr;
}

absl::Status SqliteWriter::PutAll(const Job& job, Version version) {
  for (const Put& put : job.request.put) {
    RETURN_IF_ERROR(statements_->put.BindText(1, job.partition)
                        .BindText(2, put.key)
                        .Bind(3, static_cast<int64_t>(version))
                        .Bind(4, ExpiryMillis(put.expire_hint))
                        .BindBlob(5, put.value)
                        .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteWriter::DropExpired(const Job& job) {
  const size_t most = DropAllowance(job.request);
  if (most == 0) return absl::OkStatus();
  return statements_->drop.Bind(1, UnixMillis(clock_))
      .Bind(2, static_cast<int64_t>(most))
      .Run();
}

}  // namespace u2fi::store
