#include "services/gateway-agent/site_clock.h"

#include <algorithm>
#include <limits>

namespace u2fi::gateway_agent {
namespace {

// Clocks of the mesh differ by less, and so does one that runs too fast.
constexpr absl::Duration kMaxStepBack = absl::Seconds(30);
// The machine's own time agrees if it is so near.
constexpr absl::Duration kAgrees = absl::Minutes(1);

absl::Time TimeOf(uint64_t unix_ms) {
  constexpr auto kMax =
      static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  return absl::FromUnixMillis(static_cast<int64_t>(std::min(unix_ms, kMax)));
}

}  // namespace

absl::Time SiteClock::Now() const {
  MutexLock lock(mutex_);
  return start_.has_value() ? *start_ + machine_.Uptime() : machine_.Now();
}

void SiteClock::Set(uint64_t unix_ms) {
  const absl::Duration uptime = machine_.Uptime();
  const absl::Duration apart = TimeOf(unix_ms) - machine_.Now();
  absl::Time now = TimeOf(unix_ms);
  MutexLock lock(mutex_);
  if (start_.has_value() && absl::AbsDuration(apart) > kAgrees) {
    latest_ = std::max(latest_, *start_ + uptime);
    now = std::max(now, latest_ - kMaxStepBack);
  } else {
    latest_ = now;
  }
  start_ = now - uptime;
}

}  // namespace u2fi::gateway_agent
