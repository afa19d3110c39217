#include "services/common/store/sqlite_engine.h"

#include <algorithm>
#include <utility>

#include "services/common/status/status_macros.h"
#include "services/common/store/epoch.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

size_t BytesOf(const CommitRequest& request) {
  size_t bytes = 0;
  for (const Put& put : request.put) bytes += put.key.size() + put.value.size();
  return bytes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteEngine>> SqliteEngine::Start(
    std::unique_ptr<SqliteDatabase> database, const Clock& clock,
    RandomSource& random) {
  ASSIGN_OR_RETURN(SqliteReader reader, SqliteReader::Prepare(*database));
  ASSIGN_OR_RETURN(SqliteWriter writer,
                   SqliteWriter::Prepare(*database, clock));
  return std::unique_ptr<SqliteEngine>(new SqliteEngine(
      std::move(database), std::move(reader), std::move(writer), random));
}

SqliteEngine::SqliteEngine(std::unique_ptr<SqliteDatabase> database,
                           SqliteReader reader, SqliteWriter writer,
                           RandomSource& random)
    : database_(std::move(database)),
      random_(random),
      reader_(std::move(reader)),
      writer_(std::move(writer)),
      epoch_(NewEpoch(random)),
      thread_([this] { Run(); }) {}

SqliteEngine::~SqliteEngine() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    work_.NotifyAll();
  }
  thread_.join();
}

absl::StatusOr<Version> SqliteEngine::Commit(const Partition& partition,
                                             const CommitRequest& request,
                                             absl::Duration timeout) {
  return request.durability == Durability::kVolatile
             ? CommitVolatile(partition, request, timeout)
             : CommitDurable(partition, request, timeout);
}

absl::StatusOr<Snapshot> SqliteEngine::Get(const Partition& partition,
                                           const std::vector<std::string>& keys,
                                           absl::Duration timeout) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(WaitForConnection(timeout));
  ASSIGN_OR_RETURN(std::vector<Entry> entries, reader_.Get(partition, keys));
  return Snapshot{epoch_, std::move(entries)};
}

absl::StatusOr<Page> SqliteEngine::Scan(const Partition& partition,
                                        absl::string_view prefix,
                                        absl::string_view after, size_t limit,
                                        absl::Duration timeout) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(WaitForConnection(timeout));
  ASSIGN_OR_RETURN(Page page, reader_.Scan(partition, prefix, after, limit));
  page.epoch = epoch_;
  return page;
}

absl::StatusOr<Version> SqliteEngine::CommitVolatile(
    const Partition& partition, const CommitRequest& request,
    absl::Duration timeout) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(WaitForConnection(timeout));
  if (broken_) return Unavailable("the disk has failed");
  if (request.epoch != epoch_) return EpochChanged();
  const absl::StatusOr<absl::StatusOr<Version>> outcome =
      writer_.Write(partition.Name(), request);
  if (!outcome.ok()) {
    GiveUp();
    return outcome.status();
  }
  answered_ = answered_ || outcome->ok();
  if (std::exchange(asleep_, false)) work_.NotifyOne();
  return *outcome;
}

absl::StatusOr<Version> SqliteEngine::CommitDurable(
    const Partition& partition, const CommitRequest& request,
    absl::Duration timeout) {
  auto job = std::make_shared<Job>();
  job->partition = partition.Name();
  job->request = request;
  job->bytes = BytesOf(request);
  MutexLock lock(mutex_);
  if (stopping_) return Unavailable("it is being closed");
  queue_.push_back(job);
  if (!busy_) work_.NotifyOne();
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

absl::Status SqliteEngine::WaitForConnection(absl::Duration timeout) {
  if (!busy_) return absl::OkStatus();
  ++waiters_;
  bool in_time = true;
  while (busy_ && in_time) in_time = free_.WaitFor(mutex_, timeout);
  if (--waiters_ == 0) work_.NotifyOne();
  return busy_ ? Unavailable("the disk is busy") : absl::OkStatus();
}

absl::Status SqliteEngine::BackUp(const std::string& path) {
  MutexLock lock(mutex_);
  if (stopping_) return Unavailable("it is being closed");
  if (copying_ != nullptr) return Unavailable("a backup is being made");
  copying_ = std::make_unique<Copying>();
  copying_->path = path;
  if (!busy_) work_.NotifyOne();
  while (!copying_->outcome.has_value()) copied_.Wait(mutex_);
  return *std::exchange(copying_, nullptr)->outcome;
}

SqliteEngine::Copying* SqliteEngine::ActiveCopy() {
  const bool active = copying_ != nullptr && !copying_->outcome.has_value();
  return active ? copying_.get() : nullptr;
}

void SqliteEngine::EndCopy(Copying& copying, const absl::Status& outcome) {
  copying.copy.reset();
  copying.outcome = outcome;
  copied_.NotifyAll();
}

absl::optional<absl::Status> SqliteEngine::CopySome(Copying* copying) {
  if (copying == nullptr) return absl::nullopt;
  if (copying->copy == nullptr) {
    auto started = SqliteCopy::Start(*database_, copying->path);
    if (!started.ok()) return started.status();
    copying->copy = *std::move(started);
  }
  const absl::StatusOr<bool> whole = copying->copy->Step(kCopiedAtOnce);
  if (!whole.ok()) return whole.status();
  return *whole ? absl::make_optional(absl::OkStatus()) : absl::nullopt;
}

void SqliteEngine::Run() {
  while (true) {
    Batch batch;
    Copying* copying = nullptr;
    {
      MutexLock lock(mutex_);
      const bool work = WaitForWork();
      copying = ActiveCopy();
      if (!work && copying != nullptr) {
        EndCopy(*copying, Unavailable("it is being closed"));
      }
      if (!work) return;
      batch = TakeBatch();
      busy_ = true;
    }
    WriteBatch(batch);
    const absl::optional<absl::Status> copied = CopySome(copying);
    {
      MutexLock lock(mutex_);
      busy_ = false;
      if (copied.has_value()) EndCopy(*copying, *copied);
      for (const auto& job : batch) job->state = Job::State::kDone;
    }
    // Without the lock, which those who wake need at once.
    free_.NotifyAll();
    for (const auto& job : batch) job->done.NotifyAll();
  }
}

bool SqliteEngine::WaitForWork() {
  bool flush = false;
  while (waiters_ > 0 ||
         (queue_.empty() && !stopping_ && !flush && ActiveCopy() == nullptr)) {
    asleep_ = waiters_ > 0 || !writer_.open();
    if (asleep_) {
      work_.Wait(mutex_);
    } else {
      flush = !work_.WaitFor(mutex_, kFlushPeriod);
    }
  }
  asleep_ = false;
  return !queue_.empty() || !stopping_ || writer_.open();
}

SqliteEngine::Batch SqliteEngine::TakeBatch() {
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

void SqliteEngine::WriteBatch(const Batch& batch) {
  absl::Status status =
      broken_ ? Unavailable("the disk has failed") : WriteJobs(batch);
  if (status.ok()) return;
  const bool unknown = !broken_ && database_->LastErrorWasSync();
  broken_ = broken_ || unknown;
  GiveUp();
  // One error each: callers share no absl::Status with this thread.
  for (const auto& job : batch) {
    job->outcome = unknown ? OutcomeUnknown(status.message())
                           : Unavailable(status.message());
  }
}

absl::Status SqliteEngine::WriteJobs(const Batch& batch) {
  for (const auto& job : batch) {
    if (job->request.epoch != epoch_) {
      job->outcome = EpochChanged();
      continue;
    }
    ASSIGN_OR_RETURN(job->outcome, writer_.Write(job->partition, job->request));
  }
  RETURN_IF_ERROR(writer_.Flush());
  answered_ = false;
  return absl::OkStatus();
}

void SqliteEngine::GiveUp() {
  writer_.Abandon();
  if (std::exchange(answered_, false)) epoch_ = NewEpoch(random_);
}

}  // namespace u2fi::store
