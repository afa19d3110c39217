#ifndef U2FI_SERVICES_COMMON_MQTT_RECONNECT_DELAY_H_
#define U2FI_SERVICES_COMMON_MQTT_RECONNECT_DELAY_H_

#include "absl/time/time.h"
#include "services/common/random/random_source.h"

namespace u2fi::mqtt {

// How long to wait before the next attempt, with full jitter from the first
// one on: uniform from zero to min(cap, base · 2^attempts). A fleet that
// lost its broker does not come back in one moment. Not thread-safe.
class ReconnectDelay {
 public:
  // `random` must outlive this object. 0 < base ≤ cap.
  ReconnectDelay(RandomSource& random, absl::Duration base, absl::Duration cap)
      : random_(random), base_(base), cap_(cap), bound_(base) {}

  // The next delay; the bound doubles.
  absl::Duration Next();

  // The connection stands: the next delay is one of a first attempt again.
  void Reset() { bound_ = base_; }

 private:
  RandomSource& random_;
  const absl::Duration base_;
  const absl::Duration cap_;
  absl::Duration bound_;
};

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_RECONNECT_DELAY_H_
