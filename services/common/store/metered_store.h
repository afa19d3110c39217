#ifndef U2FI_SERVICES_COMMON_STORE_METERED_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_METERED_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/metrics/metrics.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// A store in front of another one that counts its calls and their time:
//   u2fi_store_calls_total{method,outcome}
//   u2fi_store_call_seconds{method}
// Methods: get, commit, commit_volatile, scan, publish, subscribe, now.
// Outcomes: ok, aborted, epoch_changed, outcome_unknown, unavailable, refused
// (the caller's mistake or a record that cannot be read). Thread-safe.
class MeteredStore : public Store {
 public:
  // All must outlive this object. Declares the families: once per registry.
  MeteredStore(Store& inner, const Clock& clock, metrics::Registry& registry);

 private:
  absl::StatusOr<Snapshot> DoGet(const Partition& partition,
                                 const std::vector<std::string>& keys,
                                 absl::Duration timeout) override;
  absl::StatusOr<Version> DoCommit(const Partition& partition,
                                   const CommitRequest& request,
                                   absl::Duration timeout) override;
  absl::StatusOr<Page> DoScan(const Partition& partition,
                              absl::string_view prefix, absl::string_view after,
                              size_t limit, absl::Duration timeout) override;
  absl::Status DoPublish(const Partition& partition, absl::string_view topic,
                         absl::string_view payload,
                         absl::Duration timeout) override;
  absl::StatusOr<std::unique_ptr<Subscription>> DoSubscribe(
      const Partition& partition, absl::string_view topic,
      std::function<void(const Hint&)> callback,
      absl::Duration timeout) override;
  absl::StatusOr<absl::Time> DoNow(absl::Duration timeout) override;

  // What `call` returns, counted under `method`.
  template <typename Call>
  auto Metered(const char* method, Call call) -> decltype(call());
  void Count(const char* method, const absl::Status& status,
             absl::Duration took) const;

  Store& inner_;
  const Clock& clock_;
  const metrics::Rows<metrics::Counter> calls_;
  const metrics::Rows<metrics::Histogram> seconds_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_METERED_STORE_H_
