#ifndef U2FI_SERVICES_COMMON_RPC_ACCEPT_RATE_H_
#define U2FI_SERVICES_COMMON_RPC_ACCEPT_RATE_H_

#include <algorithm>

#include "absl/time/time.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {

// How many connections may wait to be accepted: a second's worth. Clients give
// up after a few seconds; in a longer queue each would be accepted just when it
// gives up, and of a fleet that comes at once none would ever get in. Who finds
// the queue full tries again: the kernel sends SYN again after a second.
inline int BacklogOf(int per_second) {
  constexpr int kLeast = 16;
  constexpr int kMost = 1024;
  return std::clamp(per_second, kLeast, kMost);
}

// A token bucket that holds one second's worth. Not thread-safe.
class AcceptRate {
 public:
  // `per_second` ≥ 1. `clock` must outlive this object.
  AcceptRate(int per_second, const Clock& clock)
      : clock_(clock),
        per_second_(per_second),
        tokens_(per_second),
        last_(clock.Uptime()) {}

  // Takes one token. Zero if there was one; otherwise nothing was taken, and
  // the result is how long to wait for the next.
  absl::Duration Take() {
    const absl::Duration now = clock_.Uptime();
    tokens_ = std::min<double>(
        per_second_,
        tokens_ + absl::ToDoubleSeconds(now - last_) * per_second_);
    last_ = now;
    if (tokens_ < 1) return absl::Seconds((1 - tokens_) / per_second_);
    tokens_ -= 1;
    return absl::ZeroDuration();
  }

 private:
  const Clock& clock_;
  const int per_second_;
  double tokens_;
  absl::Duration last_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_ACCEPT_RATE_H_
