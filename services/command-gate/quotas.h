#ifndef U2FI_SERVICES_COMMAND_GATE_QUOTAS_H_
#define U2FI_SERVICES_COMMAND_GATE_QUOTAS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/command-gate/gate_metrics.h"
#include "services/common/sync/sync.h"

namespace u2fi::command_gate {

// How many requests an account may make, and how many may be for a gateway, in
// a minute: a leaky bucket each, that a minute's worth fills. A batch is one
// request. Kept in this process: every replica counts for itself, and a restart
// forgets. Thread-safe.
class Quotas {
 public:
  struct Options {
    uint32_t account_per_minute = 120;
    uint32_t gateway_per_minute = 1200;
  };

  // More buckets than this are not kept: those that are least full go first.
  static constexpr size_t kMaxBuckets = 1 << 16;

  // `metrics` must outlive this object.
  Quotas(const Options& options, GateMetrics& metrics)
      : options_(options), metrics_(metrics) {}

  // A request of `account` for `gateways`, at `now` of a clock that never goes
  // back.
  struct Request {
    std::string tenant;
    std::string account;
    std::vector<std::string> gateways;
    absl::Duration now;
  };

  // QUOTA_EXCEEDED, with a retry hint and the metadata "quota" (account or
  // gateway) and "per_minute", if one more is one too many.
  absl::Status Check(const Request& request);

  // The request was taken.
  void Count(const Request& request);

  // Buckets that are kept.
  size_t size() const;

 private:
  // How full it was then, in requests.
  struct Bucket {
    double level = 0;
    absl::Duration at;
  };
  struct Use {
    std::string key;
    const char* quota;
    uint32_t per_minute;
  };

  std::vector<Use> UsesOf(const Request& request) const;
  double LevelOf(const Use& use, absl::Duration now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void MakeRoom(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  GateMetrics& metrics_;
  mutable Mutex mutex_;
  std::map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_QUOTAS_H_
