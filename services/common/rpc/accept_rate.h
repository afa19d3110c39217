#ifndef U2FI_SERVICES_COMMON_RPC_ACCEPT_RATE_H_
#define U2FI_SERVICES_COMMON_RPC_ACCEPT_RATE_H_

#include <algorithm>

#include "absl/time/time.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {

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
