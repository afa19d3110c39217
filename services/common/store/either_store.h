#ifndef U2FI_SERVICES_COMMON_STORE_EITHER_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_EITHER_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "services/common/store/store.h"

namespace u2fi::store {

// For tests: in front of one of several stores at a time, as connections are
// whose server was replaced while some of them still lead to the old one. Not
// thread-safe; the stores must outlive it.
class EitherStore : public Store {
 public:
  explicit EitherStore(Store& first) : now_(&first) {}

  // From the next call on.
  void Use(Store& store) { now_ = &store; }

 private:
  absl::StatusOr<Snapshot> DoGet(const Partition& partition,
                                 const std::vector<std::string>& keys,
                                 absl::Duration timeout) override {
    return now_->Get(partition, keys, timeout);
  }
  absl::StatusOr<Page> DoScan(const Partition& partition,
                              absl::string_view prefix, absl::string_view after,
                              size_t limit, absl::Duration timeout) override {
    return now_->Scan(partition, prefix, after, limit, timeout);
  }
  absl::StatusOr<Version> DoCommit(const Partition& partition,
                                   const CommitRequest& request,
                                   absl::Duration timeout) override {
    return now_->Commit(partition, request, timeout);
  }
  absl::Status DoPublish(const Partition& partition, absl::string_view topic,
                         absl::string_view payload,
                         absl::Duration timeout) override {
    return now_->Publish(partition, topic, payload, timeout);
  }
  absl::StatusOr<std::unique_ptr<Subscription>> DoSubscribe(
      const Partition& partition, absl::string_view topic,
      std::function<void(const Hint&)> callback,
      absl::Duration timeout) override {
    return now_->Subscribe(partition, topic, std::move(callback), timeout);
  }
  absl::StatusOr<absl::Time> DoNow(absl::Duration timeout) override {
    return now_->Now(timeout);
  }

  Store* now_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_EITHER_STORE_H_
