#include "services/common/store/store.h"

#include <algorithm>
#include <utility>

#include "services/common/status/status_macros.h"
#include "services/common/store/validation.h"

namespace u2fi::store {

absl::StatusOr<Snapshot> Store::Get(const Partition& partition,
                                    const std::vector<std::string>& keys,
                                    absl::Duration timeout) {
  RETURN_IF_ERROR(CheckGet(keys));
  RETURN_IF_ERROR(CheckTimeout(timeout));
  return DoGet(partition, keys, std::min(timeout, kMaxTimeout));
}

absl::StatusOr<Version> Store::Commit(const Partition& partition,
                                      const CommitRequest& request,
                                      absl::Duration timeout) {
  RETURN_IF_ERROR(CheckCommit(request));
  RETURN_IF_ERROR(CheckTimeout(timeout));
  return DoCommit(partition, request, std::min(timeout, kMaxTimeout));
}

absl::StatusOr<Page> Store::Scan(const Partition& partition,
                                 absl::string_view prefix,
                                 absl::string_view after, size_t limit,
                                 absl::Duration timeout) {
  RETURN_IF_ERROR(CheckScan(prefix, after, limit));
  RETURN_IF_ERROR(CheckTimeout(timeout));
  return DoScan(partition, prefix, after, limit,
                std::min(timeout, kMaxTimeout));
}

absl::Status Store::Publish(const Partition& partition, absl::string_view topic,
                            absl::string_view payload, absl::Duration timeout) {
  RETURN_IF_ERROR(CheckKey(topic));
  RETURN_IF_ERROR(CheckHint(payload));
  RETURN_IF_ERROR(CheckTimeout(timeout));
  return DoPublish(partition, topic, payload, std::min(timeout, kMaxTimeout));
}

absl::StatusOr<std::unique_ptr<Subscription>> Store::Subscribe(
    const Partition& partition, absl::string_view topic,
    std::function<void(const Hint&)> callback, absl::Duration timeout) {
  RETURN_IF_ERROR(CheckKey(topic));
  RETURN_IF_ERROR(CheckTimeout(timeout));
  return DoSubscribe(partition, topic, std::move(callback),
                     std::min(timeout, kMaxTimeout));
}

absl::StatusOr<absl::Time> Store::Now(absl::Duration timeout) {
  RETURN_IF_ERROR(CheckTimeout(timeout));
  return DoNow(std::min(timeout, kMaxTimeout));
}

}  // namespace u2fi::store
