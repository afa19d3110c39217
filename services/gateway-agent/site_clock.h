#ifndef U2FI_SERVICES_GATEWAY_AGENT_SITE_CLOCK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_SITE_CLOCK_H_

#include <atomic>

#include "services/common/time/clock.h"

namespace u2fi::gateway_agent {

// The agent's clock: the machine's, set by the mesh's Welcome, since a gateway
// box may have started without a battery (wire.md, "General rules").
// Thread-safe.
class SiteClock : public Clock {
 public:
  // `machine` must outlive this object.
  explicit SiteClock(const Clock& machine) : machine_(machine) {}

  absl::Time Now() const override {
    return machine_.Now() + absl::Milliseconds(offset_ms_.load());
  }
  absl::Duration Uptime() const override { return machine_.Uptime(); }

  // It is `unix_ms` now.
  void Set(uint64_t unix_ms) {
    offset_ms_ = static_cast<int64_t>(unix_ms) - UnixMillis(machine_);
  }

 private:
  const Clock& machine_;
  std::atomic<int64_t> offset_ms_{0};
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_SITE_CLOCK_H_
