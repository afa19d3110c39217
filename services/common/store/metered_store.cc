#include "services/common/store/metered_store.h"

#include <utility>

#include "services/common/status/error.h"

namespace u2fi::store {
namespace {

constexpr char kGet[] = "get";
constexpr char kCommit[] = "commit";
constexpr char kCommitVolatile[] = "commit_volatile";
constexpr char kScan[] = "scan";
constexpr char kPublish[] = "publish";
constexpr char kSubscribe[] = "subscribe";
constexpr char kNow[] = "now";

std::vector<std::vector<std::string>> Methods() {
  return {{kGet},       {kCommit}, {kCommitVolatile}, {kScan}, {kPublish},
          {kSubscribe}, {kNow}};
}

std::vector<std::vector<std::string>> Calls() {
  std::vector<std::string> methods;
  for (std::vector<std::string>& method : Methods()) {
    methods.push_back(std::move(method[0]));
  }
  return metrics::Combinations({methods,
                                {"ok", "aborted", "epoch_changed",
                                 "outcome_unknown", "unavailable", "refused"}});
}

const char* OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "ok";
  if (IsReason(status, reason::kStoreAborted)) return "aborted";
  if (IsReason(status, reason::kStoreEpochChanged)) return "epoch_changed";
  if (IsReason(status, reason::kStoreOutcomeUnknown)) return "outcome_unknown";
  if (IsReason(status, reason::kStoreUnavailable)) return "unavailable";
  return "refused";
}

const absl::Status& StatusOf(const absl::Status& status) { return status; }

template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

}  // namespace

MeteredStore::MeteredStore(Store& inner, const Clock& clock,
                           metrics::Registry& registry)
    : inner_(inner),
      clock_(clock),
      calls_(registry.Counters({"u2fi_store_calls_total",
                                "Calls of the store, by what became of them.",
                                {"method", "outcome"},
                                Calls()})),
      seconds_(registry.Histograms({"u2fi_store_call_seconds",
                                    "Time of calls of the store.",
                                    {"method"},
                                    Methods()},
                                   metrics::SecondsBuckets())) {}

template <typename Call>
auto MeteredStore::Metered(const char* method, Call call) -> decltype(call()) {
  const absl::Duration start = clock_.Uptime();
  auto result = call();
  Count(method, StatusOf(result), clock_.Uptime() - start);
  return result;
}

void MeteredStore::Count(const char* method, const absl::Status& status,
                         absl::Duration took) const {
  calls_.At({method, OutcomeOf(status)}).Add();
  seconds_.At({method}).Observe(absl::ToDoubleSeconds(took));
}

absl::StatusOr<Snapshot> MeteredStore::DoGet(
    const Partition& partition, const std::vector<std::string>& keys,
    absl::Duration timeout) {
  return Metered(kGet, [&] { return inner_.Get(partition, keys, timeout); });
}

absl::StatusOr<Version> MeteredStore::DoCommit(const Partition& partition,
                                               const CommitRequest& request,
                                               absl::Duration timeout) {
  return Metered(
      request.durability == Durability::kVolatile ? kCommitVolatile : kCommit,
      [&] { return inner_.Commit(partition, request, timeout); });
}

absl::StatusOr<Page> MeteredStore::DoScan(const Partition& partition,
                                          absl::string_view prefix,
                                          absl::string_view after, size_t limit,
                                          absl::Duration timeout) {
  return Metered(kScan, [&] {
    return inner_.Scan(partition, prefix, after, limit, timeout);
  });
}

absl::Status MeteredStore::DoPublish(const Partition& partition,
                                     absl::string_view topic,
                                     absl::string_view payload,
                                     absl::Duration timeout) {
  return Metered(kPublish, [&] {
    return inner_.Publish(partition, topic, payload, timeout);
  });
}

absl::StatusOr<std::unique_ptr<Subscription>> MeteredStore::DoSubscribe(
    const Partition& partition, absl::string_view topic,
    std::function<void(const Hint&)> callback, absl::Duration timeout) {
  return Metered(kSubscribe, [&] {
    return inner_.Subscribe(partition, topic, std::move(callback), timeout);
  });
}

absl::StatusOr<absl::Time> MeteredStore::DoNow(absl::Duration timeout) {
  return Metered(kNow, [&] { return inner_.Now(timeout); });
}

}  // namespace u2fi::store
