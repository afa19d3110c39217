#ifndef U2FI_SERVICES_COMMON_RPC_CLOCK_WATCH_H_
#define U2FI_SERVICES_COMMON_RPC_CLOCK_WATCH_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/metrics/metrics.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {

// Compares the replica's clock with the one that all replicas share, the
// store's: deadlines are decided by the former, so a replica that is wrong must
// not serve (decisions D9). For one thread.
class ClockWatch {
 public:
  // What the shared clock says now; may block for half a second.
  using SharedClock = std::function<absl::StatusOr<absl::Time>()>;

  // A replica that is further off does not serve.
  static constexpr absl::Duration kMaxSkew = absl::Seconds(2);

  // `clock` and what `shared` refers to must outlive this object. Sets the
  // gauge u2fi_clock_skew_seconds.
  ClockWatch(SharedClock shared, const Clock& clock,
             metrics::Registry& registry);

  // Compares now. While the shared clock cannot be asked, nothing changes.
  void Look();

  // OK if the last comparison was good, and before the first. CLOCK_SKEW
  // otherwise.
  absl::Status Check() const;

 private:
  const SharedClock shared_;
  const Clock& clock_;
  const metrics::Gauge skew_;
  absl::Duration wrong_by_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CLOCK_WATCH_H_
