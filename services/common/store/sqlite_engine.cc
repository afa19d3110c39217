#include "services/common/store/sqlite_engine.h"

#include <algorithm>
#include <utility>

#include "absl/hash/hash.h"
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

size_t HashOf(const std::string& partition, const std::string& key) {
  return absl::HashOf(partition, key);
}

// Of the keys that a commit reads or writes.
std::vector<size_t> HashesOf(const std::string& partition,
                             const CommitRequest& request) {
  std::vector<size_t> hashes;
  for (const Expect& expect : request.expect) {
    hashes.push_back(HashOf(partition, expect.key));
  }
  for (const Put& put : request.put) {
    hashes.push_back(HashOf(partition, put.key));
  }
  for (const std::string& key : request.remove) {
    hashes.push_back(HashOf(partition, key));
  }
  return hashes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<SqliteEngine>> SqliteEngine::Start(
    std::unique_ptr<SqliteDatabase> database, const Clock& clock,
    RandomSource& random, size_t cache_bytes) {
  ASSIGN_OR_RETURN(SqliteReader reader, SqliteReader::Prepare(*database));
  ASSIGN_OR_RETURN(SqliteWriter writer,
                   SqliteWriter::Prepare(*database, clock));
  RETURN_IF_ERROR(database->TakeLog());
  return std::unique_ptr<SqliteEngine>(
      new SqliteEngine(std::move(database), std::move(reader),
                       std::move(writer), random, cache_bytes));
}

SqliteEngine::SqliteEngine(std::unique_ptr<SqliteDatabase> database,
                           SqliteReader reader, SqliteWriter writer,
                           RandomSource& random, size_t cache_bytes)
    : database_(std::move(database)),
      random_(random),
      reader_(std::move(reader)),
      writer_(std::move(writer)),
      epoch_(NewEpoch(random)),
      cache_(cache_bytes),
      seen_epoch_(epoch_),
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
  const std::string name = partition.Name();
  std::vector<Entry> entries(keys.size());
  MutexLock lock(mutex_);
  std::vector<size_t> unknown = FromCache(name, keys, entries);
  while (!unknown.empty()) {
    Touched touched;
    for (const size_t i : unknown) {
      touched.keys.push_back(HashOf(name, keys[i]));
    }
    if (IsFree(touched)) {
      RETURN_IF_ERROR(FromDatabase(partition, keys, unknown, entries));
      break;
    }
    RETURN_IF_ERROR(WaitUntilFree(touched, timeout));
    // All of one instant.
    unknown = FromCache(name, keys, entries);
  }
  size_t bytes = 0;
  for (const Entry& entry : entries) bytes += entry.value.size();
  if (bytes > kMaxReadBytes) return ReadTooLarge();
  return Snapshot{seen_epoch_, std::move(entries)};
}

std::vector<size_t> SqliteEngine::FromCache(
    const std::string& partition, const std::vector<std::string>& keys,
    std::vector<Entry>& entries) {
  std::vector<size_t> unknown;
  for (size_t i = 0; i < keys.size(); ++i) {
    const Entry* known = cache_.Find(partition, keys[i]);
    if (known == nullptr) {
      unknown.push_back(i);
    } else {
      entries[i] = *known;
    }
  }
  return unknown;
}

absl::Status SqliteEngine::FromDatabase(const Partition& partition,
                                        const std::vector<std::string>& keys,
                                        const std::vector<size_t>& places,
                                        std::vector<Entry>& entries) {
  std::vector<std::string> unknown;
  unknown.reserve(places.size());
  for (const size_t place : places) unknown.push_back(keys[place]);
  ASSIGN_OR_RETURN(std::vector<Entry> read, reader_.Get(partition, unknown));
  const std::string name = partition.Name();
  for (size_t i = 0; i < places.size(); ++i) {
    cache_.Put(name, unknown[i], read[i]);
    entries[places[i]] = std::move(read[i]);
  }
  return absl::OkStatus();
}

void SqliteEngine::Show(const std::string& partition,
                        const SqliteWriter::Dropped& dropped,
                        CommitRequest request, Version version) {
  for (const auto& [of, key] : dropped) cache_.Put(of, key, {});
  for (const std::string& key : request.remove) cache_.Put(partition, key, {});
  for (Put& put : request.put) {
    cache_.Put(partition, put.key, {std::move(put.value), version});
  }
}

void SqliteEngine::ShowBatch(const Batch& batch, bool kept) {
  // Of what is perhaps on disk nothing is shown any more.
  if (!kept) return ShowLoss();
  for (const auto& job : batch) {
    if (!job->outcome.ok()) continue;
    Show(job->partition, job->dropped, std::move(job->request), *job->outcome);
  }
  for (const auto& [of, key] : dropped_since_) cache_.Put(of, key, {});
  dropped_since_.clear();
  unsynced_.clear();
  syncing_ = false;
}

void SqliteEngine::ShowLoss() {
  cache_.Clear();
  seen_epoch_ = epoch_;
}

absl::StatusOr<Page> SqliteEngine::Scan(const Partition& partition,
                                        absl::string_view prefix,
                                        absl::string_view after, size_t limit,
                                        absl::Duration timeout) {
  MutexLock lock(mutex_);
  Touched touched;
  touched.all = true;
  RETURN_IF_ERROR(WaitUntilFree(touched, timeout));
  ASSIGN_OR_RETURN(Page page, reader_.Scan(partition, prefix, after, limit));
  page.epoch = epoch_;
  return page;
}

absl::StatusOr<Version> SqliteEngine::CommitVolatile(
    const Partition& partition, const CommitRequest& request,
    absl::Duration timeout) {
  const std::string name = partition.Name();
  Touched touched;
  touched.keys = HashesOf(name, request);
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(WaitUntilFree(touched, timeout));
  if (broken_) return Unavailable("the disk has failed");
  if (request.epoch != epoch_) return EpochChanged();
  const absl::StatusOr<absl::StatusOr<Version>> outcome =
      writer_.Write(name, request);
  if (!outcome.ok()) {
    GiveUp();
    ShowLoss();
    dropped_since_.clear();
    return outcome.status();
  }
  if (outcome->ok()) {
    answered_ = true;
    open_bytes_ += BytesOf(request);
    const SqliteWriter::Dropped dropped = writer_.TakeDropped();
    if (syncing_) {
      dropped_since_.insert(dropped_since_.end(), dropped.begin(),
                            dropped.end());
    }
    Show(name, dropped, request, **outcome);
  }
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
  {
    MutexLock lock(mutex_);
    if (stopping_) return Unavailable("it is being closed");
    queue_.push_back(job);
  }
  // Without the lock, which the thread needs at once.
  work_.NotifyOne();
  MutexLock lock(mutex_);
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

bool SqliteEngine::IsFree(const Touched& touched) const {
  if (busy_) return false;
  if (!syncing_) return true;
  // A disk that hangs must not fill the memory.
  if (broken_ || touched.all || open_bytes_ > kMaxBatchBytes) return false;
  for (const size_t key : touched.keys) {
    if (unsynced_.contains(key)) return false;
  }
  return true;
}

absl::Status SqliteEngine::WaitUntilFree(const Touched& touched,
                                         absl::Duration timeout) {
  bool free = IsFree(touched);
  if (free) return absl::OkStatus();
  ++waiters_;
  bool in_time = true;
  while (!free && in_time && !(broken_ && syncing_)) {
    in_time = free_.WaitFor(mutex_, timeout);
    free = IsFree(touched);
  }
  if (--waiters_ == 0) work_.NotifyOne();
  if (free) return absl::OkStatus();
  return Unavailable(in_time ? "the disk has failed" : "the disk is busy");
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
    bool kept = WriteBatch(batch);
    const absl::optional<absl::Status> copied = CopySome(copying);
    const bool log_full = kept && BeginSync(batch);
    kept = kept && EndSync(batch);
    Answer(batch, kept, copying, copied);
    if (log_full && kept) CopyLog();
  }
}

bool SqliteEngine::BeginSync(const Batch& batch) {
  {
    MutexLock lock(mutex_);
    syncing_ = true;
    for (const auto& job : batch) {
      if (!job->outcome.ok()) continue;
      for (const size_t key : HashesOf(job->partition, job->request)) {
        unsynced_.insert(key);
      }
      for (const auto& [of, key] : job->dropped) {
        unsynced_.insert(HashOf(of, key));
      }
    }
    if (IsLogFull()) return true;
    busy_ = false;
  }
  // Without the lock, which those who wake need at once.
  free_.NotifyAll();
  return false;
}

bool SqliteEngine::EndSync(const Batch& batch) {
  const absl::Status synced = database_->SyncLog();
  if (synced.ok()) return true;
  for (const auto& job : batch) {
    job->outcome = OutcomeUnknown(synced.message());
  }
  MutexLock lock(mutex_);
  Break();
  return false;
}

void SqliteEngine::Break() {
  broken_ = true;
  database_->LeaveLog();
}

bool SqliteEngine::IsLogFull() const {
  const int pages = database_->log_pages();
  return pages >= kMaxLogPages ||
         (pages >= kLogPages && queue_.empty() && waiters_ == 0);
}

void SqliteEngine::Answer(const Batch& batch, bool kept, Copying* copying,
                          const absl::optional<absl::Status>& copied) {
  bool copies = false;
  {
    MutexLock lock(mutex_);
    ShowBatch(batch, kept);
    copies = kept && busy_;
    busy_ = copies;
    if (copied.has_value()) EndCopy(*copying, *copied);
    for (const auto& job : batch) job->state = Job::State::kDone;
  }
  for (const auto& job : batch) job->done.NotifyAll();
  if (!copies) free_.NotifyAll();
}

void SqliteEngine::CopyLog() {
  const absl::Status copied = database_->CopyLog();
  {
    MutexLock lock(mutex_);
    if (!copied.ok()) Break();
    busy_ = false;
  }
  free_.NotifyAll();
  if (database_->SyncFile().ok()) return;
  MutexLock lock(mutex_);
  Break();
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

bool SqliteEngine::WriteBatch(const Batch& batch) {
  absl::Status status =
      broken_ ? Unavailable("the disk has failed") : WriteJobs(batch);
  if (status.ok()) return true;
  const bool unknown = !broken_ && database_->LastErrorWasSync();
  if (unknown) Break();
  GiveUp();
  // One error each: callers share no absl::Status with this thread.
  for (const auto& job : batch) {
    job->outcome = unknown ? OutcomeUnknown(status.message())
                           : Unavailable(status.message());
  }
  return false;
}

absl::Status SqliteEngine::WriteJobs(const Batch& batch) {
  for (const auto& job : batch) {
    if (job->request.epoch != epoch_) {
      job->outcome = EpochChanged();
      continue;
    }
    ASSIGN_OR_RETURN(job->outcome, writer_.Write(job->partition, job->request));
    job->dropped = writer_.TakeDropped();
  }
  RETURN_IF_ERROR(writer_.Flush());
  answered_ = false;
  open_bytes_ = 0;
  return absl::OkStatus();
}

void SqliteEngine::GiveUp() {
  writer_.Abandon();
  open_bytes_ = 0;
  if (std::exchange(answered_, false)) epoch_ = NewEpoch(random_);
}

}  // namespace u2fi::store
