#ifndef U2FI_SERVICES_GATEWAY_AGENT_BACKOFF_H_
#define U2FI_SERVICES_GATEWAY_AGENT_BACKOFF_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "services/common/random/random_source.h"

namespace u2fi::gateway_agent {

// How long to wait before the next try to connect: anything between nothing
// and a bound that doubles with each try (full jitter, from the first retry
// on), so that the gateways of a whole city do not come back together. Not
// thread-safe.
class Backoff {
 public:
  // `random` must outlive this object.
  Backoff(RandomSource& random, absl::Duration first, absl::Duration most)
      : random_(random), first_(first), most_(most) {}

  // The wait before the next try.
  absl::Duration Next() {
    const absl::Duration bound =
        std::min(most_, first_ * static_cast<double>(uint64_t{1} << tries_));
    tries_ = std::min(tries_ + 1, 30);
    uint64_t draw = 0;
    random_.Fill(reinterpret_cast<uint8_t*>(&draw), sizeof(draw));
    return bound * (static_cast<double>(draw >> 11) / 9007199254740992.0);
  }

  // The last connection was good for a while: begin small again.
  void Reset() { tries_ = 0; }

 private:
  RandomSource& random_;
  const absl::Duration first_;
  const absl::Duration most_;
  int tries_ = 0;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_BACKOFF_H_
