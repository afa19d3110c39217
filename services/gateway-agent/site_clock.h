#ifndef U2FI_SERVICES_GATEWAY_AGENT_SITE_CLOCK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_SITE_CLOCK_H_

#include <cstdint>

#include "absl/types/optional.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi::gateway_agent {

// The agent's clock: the machine's at first, since then as the mesh's Welcome
// set it (wire.md, "General rules"), and on from there with the uptime
// (decisions A14): a gateway box may have started without a battery, and what
// sets its time of day later moves no deadline. A mesh that lies cannot make an
// old approval good again: after the first time the clock goes back by half a
// minute at most, unless the machine's own time agrees. Thread-safe.
class SiteClock : public Clock {
 public:
  // `machine` must outlive this object.
  explicit SiteClock(const Clock& machine) : machine_(machine) {}

  absl::Time Now() const override;
  absl::Duration Uptime() const override { return machine_.Uptime(); }

  // It is `unix_ms` now, says the mesh.
  void Set(uint64_t unix_ms);

 private:
  const Clock& machine_;
  mutable Mutex mutex_;
  // The time at uptime 0; nothing before it was set.
  absl::optional<absl::Time> start_ ABSL_GUARDED_BY(mutex_);
  // The latest that it ever was when it was set.
  absl::Time latest_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_SITE_CLOCK_H_
