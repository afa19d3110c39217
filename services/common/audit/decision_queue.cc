#include "services/common/audit/decision_queue.h"

#include <utility>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

absl::Status LostRaceError(const std::string& key) {
  return Error(reason::kStoreAborted, "somebody else was faster",
               {{"key", key}});
}

absl::Status EpochChangedError() {
  return Error(reason::kStoreEpochChanged, "the store began anew: read again");
}

// Of this thread, which waits for one transition at a time.
const std::shared_ptr<CondVar>& OwnWake() {
  static thread_local const auto wake = std::make_shared<CondVar>();
  return wake;
}

absl::Status BusyError(absl::string_view problem) {
  return WithRetry(Error(reason::kAuditUnavailable, problem), absl::Seconds(1));
}

}  // namespace

DecisionQueue::DecisionQueue(store::Store& store, const Clock& clock,
                             RandomSource& random, Executor& executor,
                             Options options)
    : store_(store),
      writer_(options.chain.writer),
      partition_(options.chain.partition),
      options_(std::move(options)),
      random_(random),
      executor_(executor),
      chain_(store, clock, random, tail_, options_.chain),
      batch_(options_.max_batch) {}

DecisionQueue::~DecisionQueue() {
  MutexLock lock(mutex_);
  while (led_ || delivering_ > 0) idle_.Wait(mutex_);
}

absl::Status DecisionQueue::Admit() const {
  if (waiting_.size() >= options_.max_waiting) {
    return BusyError("too many decisions wait");
  }
  if (tail_.bytes() >= options_.max_tail_bytes) {
    return BusyError("the audit cannot be drained");
  }
  return absl::OkStatus();
}

absl::StatusOr<Committed> DecisionQueue::Commit(Transition transition) {
  RETURN_IF_ERROR(CheckTransition(transition));
  Pending pending;
  pending.transition = std::move(transition);
  pending.wake = OwnWake();
  {
    MutexLock lock(mutex_);
    RETURN_IF_ERROR(Admit());
    waiting_.push_back(&pending);
    if (!led_) led_ = pending.leads = true;
    while (!pending.leads && !pending.decided) pending.wake->Wait(mutex_);
    if (pending.decided) return std::move(pending.result);
  }
  Lead();
  return std::move(pending.result);
}

void DecisionQueue::Submit(Transition transition, Done done) {
  absl::Status status = CheckTransition(transition);
  auto pending = std::make_unique<Pending>();
  pending->transition = std::move(transition);
  pending->done = std::move(done);
  bool start = false;
  if (status.ok()) {
    MutexLock lock(mutex_);
    status = Admit();
    if (status.ok()) {
      waiting_.push_back(pending.release());
      start = !led_;
      led_ = true;
    }
  }
  if (!status.ok()) return pending->done(status);
  if (start) executor_.Schedule([this] { Lead(); });
}

absl::Status DecisionQueue::Follow() {
  ASSIGN_OR_RETURN(const store::Snapshot now, store_.Get(partition_, {}));
  MutexLock lead(leader_mutex_);
  return chain_.Ready(now.epoch);
}

void DecisionQueue::Lead() {
  std::vector<Pending*> deliver;
  Wakes wakes;
  {
    MutexLock lead(leader_mutex_);
    DecideNext();
    MutexLock lock(mutex_);
    wakes = HandOver();
    deliver.swap(decided_);
    ++delivering_;
  }
  for (const auto& wake : wakes) wake->NotifyOne();
  for (Pending* pending : deliver) {
    const std::unique_ptr<Pending> owned(pending);
    owned->done(owned->result);
  }
  MutexLock lock(mutex_);
  --delivering_;
  idle_.NotifyAll();
}

void DecisionQueue::DecideNext() {
  Gather();
  const store::Epoch seen = next_.front()->transition.epoch;
  const absl::Status ready = chain_.Ready(seen);
  if (!ready.ok()) return FailAll(ready);
  // Those that saw another epoch than the first come first next time.
  if (seen != chain_.epoch()) return FailEpoch(seen);
  Assemble();
  CommitBatch();
}

void DecisionQueue::Gather() {
  MutexLock lock(mutex_);
  next_.insert(next_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
}

void DecisionQueue::FailAll(const absl::Status& status) {
  for (Pending* pending : next_) {
    pending->result = status;
    decided_.push_back(pending);
  }
  next_.clear();
}

void DecisionQueue::FailEpoch(const store::Epoch& seen) {
  while (!next_.empty() && next_.front()->transition.epoch == seen) {
    next_.front()->result = EpochChangedError();
    decided_.push_back(next_.front());
    next_.pop_front();
  }
}

void DecisionQueue::Assemble() {
  while (!next_.empty() && next_.front()->transition.epoch == chain_.epoch() &&
         batch_.Add(next_.front()->transition)) {
    members_.push_back(next_.front());
    next_.pop_front();
  }
}

void DecisionQueue::CommitBatch() {
  store::CommitRequest& request = batch_.Build();
  while (true) {
    const absl::StatusOr<store::Version> version =
        chain_.Commit(request, batch_.rows(), ids_);
    const bool lost = IsReason(version.status(), reason::kStoreAborted);
    if (lost && batch_.Lose(MetadataOf(version.status())["key"], random_)) {
      continue;
    }
    return Decide(version);
  }
}

void DecisionQueue::Decide(const absl::StatusOr<store::Version>& version) {
  for (size_t i = 0; i < members_.size(); ++i) {
    Pending& pending = *members_[i];
    if (batch_.lost_key(i).has_value()) {
      pending.result = LostRaceError(*batch_.lost_key(i));
    } else if (version.ok()) {
      pending.result = Committed{*version, ids_[batch_.first_row(i)]};
    } else {
      pending.result = version.status();
    }
    decided_.push_back(&pending);
  }
  members_.clear();
  batch_.Clear();
}

DecisionQueue::Wakes DecisionQueue::HandOver() {
  Wakes wakes;
  size_t callbacks = 0;
  for (Pending* pending : decided_) {
    if (pending->done) {
      decided_[callbacks++] = pending;
      continue;
    }
    // Its thread may be gone as soon as the lock is: nothing touches it later.
    pending->decided = true;
    wakes.push_back(std::move(pending->wake));
  }
  decided_.resize(callbacks);
  if (next_.empty() && waiting_.empty()) {
    led_ = false;
    return wakes;
  }
  Pending* first = next_.empty() ? waiting_.front() : next_.front();
  if (first->done) {
    executor_.Schedule([this] { Lead(); });
    return wakes;
  }
  first->leads = true;
  // It has the most to do.
  wakes.insert(wakes.begin(), first->wake);
  return wakes;
}

}  // namespace u2fi::audit
