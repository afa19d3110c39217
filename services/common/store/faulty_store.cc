#include "services/common/store/faulty_store.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

absl::Status ErrorFor(FaultyStore::Fault fault, const std::string& key) {
  switch (fault) {
    case FaultyStore::Fault::kUnavailable:
      return Unavailable("a fault was injected");
    case FaultyStore::Fault::kUnknownNotApplied:
    case FaultyStore::Fault::kUnknownApplied:
      return OutcomeUnknown("a fault was injected");
    case FaultyStore::Fault::kAborted:
      return Aborted(key);
    case FaultyStore::Fault::kEpochChanged:
      return EpochChanged();
  }
  return Unavailable("unknown fault");
}

}  // namespace

void FaultyStore::Fail(Method method, Fault fault, int nth) {
  MutexLock lock(mutex_);
  faults_[method][nth] = fault;
}

void FaultyStore::SetAway(bool away) {
  MutexLock lock(mutex_);
  away_ = away;
}

void FaultyStore::BeforeNextCommit(std::function<void()> action) {
  MutexLock lock(mutex_);
  before_commit_ = std::move(action);
}

void FaultyStore::BeforeNextScan(std::string prefix,
                                 std::function<void()> action) {
  MutexLock lock(mutex_);
  scanned_ = std::move(prefix);
  before_scan_ = std::move(action);
}

int FaultyStore::SuccessfulCommits(Durability durability) const {
  MutexLock lock(mutex_);
  const auto found = commits_.find(durability);
  return found == commits_.end() ? 0 : found->second;
}

absl::optional<FaultyStore::Fault> FaultyStore::NextFault(Method method) {
  MutexLock lock(mutex_);
  std::map<int, Fault> later;
  absl::optional<Fault> fault;
  for (const auto& [calls, planned] : faults_[method]) {
    if (calls == 1) {
      fault = planned;
    } else {
      later[calls - 1] = planned;
    }
  }
  faults_[method] = std::move(later);
  if (away_) fault = Fault::kUnavailable;
  return fault;
}

absl::Status FaultyStore::Unless(Method method) {
  const absl::optional<Fault> fault = NextFault(method);
  return fault.has_value() ? ErrorFor(*fault, "") : absl::OkStatus();
}

absl::StatusOr<Version> FaultyStore::CommitInner(const Partition& partition,
                                                 const CommitRequest& request,
                                                 absl::Duration timeout) {
  std::function<void()> action;
  {
    MutexLock lock(mutex_);
    std::swap(action, before_commit_);
  }
  if (action) action();
  absl::StatusOr<Version> version = inner_.Commit(partition, request, timeout);
  MutexLock lock(mutex_);
  if (version.ok()) ++commits_[request.durability];
  return version;
}

absl::StatusOr<Snapshot> FaultyStore::DoGet(
    const Partition& partition, const std::vector<std::string>& keys,
    absl::Duration timeout) {
  RETURN_IF_ERROR(Unless(Method::kGet));
  return inner_.Get(partition, keys, timeout);
}

absl::StatusOr<Version> FaultyStore::DoCommit(const Partition& partition,
                                              const CommitRequest& request,
                                              absl::Duration timeout) {
  const absl::optional<Fault> fault = NextFault(Method::kCommit);
  if (!fault.has_value()) return CommitInner(partition, request, timeout);
  if (*fault == Fault::kUnknownApplied) {
    RETURN_IF_ERROR(CommitInner(partition, request, timeout).status());
  }
  return ErrorFor(*fault,
                  request.expect.empty() ? "" : request.expect.front().key);
}

absl::StatusOr<Page> FaultyStore::DoScan(const Partition& partition,
                                         absl::string_view prefix,
                                         absl::string_view after, size_t limit,
                                         absl::Duration timeout) {
  RETURN_IF_ERROR(Unless(Method::kScan));
  std::function<void()> action;
  {
    MutexLock lock(mutex_);
    if (absl::StartsWith(prefix, scanned_)) std::swap(action, before_scan_);
  }
  if (action) action();
  return inner_.Scan(partition, prefix, after, limit, timeout);
}

absl::Status FaultyStore::DoPublish(const Partition& partition,
                                    absl::string_view topic,
                                    absl::string_view payload,
                                    absl::Duration timeout) {
  RETURN_IF_ERROR(Unless(Method::kPublish));
  return inner_.Publish(partition, topic, payload, timeout);
}

absl::StatusOr<std::unique_ptr<Subscription>> FaultyStore::DoSubscribe(
    const Partition& partition, absl::string_view topic,
    std::function<void(const Hint&)> callback, absl::Duration timeout) {
  RETURN_IF_ERROR(Unless(Method::kSubscribe));
  return inner_.Subscribe(partition, topic, std::move(callback), timeout);
}

absl::StatusOr<absl::Time> FaultyStore::DoNow(absl::Duration timeout) {
  RETURN_IF_ERROR(Unless(Method::kNow));
  return inner_.Now(timeout);
}

}  // namespace u2fi::store
