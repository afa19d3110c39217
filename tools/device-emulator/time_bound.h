#ifndef U2FI_TOOLS_DEVICE_EMULATOR_TIME_BOUND_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_TIME_BOUND_H_

#include <cstdint>

#include "services/common/time/clock.h"

namespace u2fi::device {

// What a device without a clock knows of the time (wire.md, "Proof"): it is at
// least the highest `iat` or touched_at_ms that the device has accepted, plus
// the uptime since. Milliseconds since 1970; 0: nothing known. Uses the uptime
// of `clock` only.
class TimeBound {
 public:
  // `clock` must outlive this object. `known_ms` is what was known before the
  // device was switched on.
  TimeBound(const Clock& clock, uint64_t known_ms)
      : clock_(clock), base_ms_(known_ms), since_(clock.Uptime()) {}

  // It is no earlier than this.
  uint64_t now_ms() const {
    if (base_ms_ == 0) return 0;
    return base_ms_ + static_cast<uint64_t>(
                          absl::ToInt64Milliseconds(clock_.Uptime() - since_));
  }

  // Something accepted says that it is at least `ms`.
  void Raise(uint64_t ms) {
    if (ms <= now_ms()) return;
    base_ms_ = ms;
    since_ = clock_.Uptime();
  }

 private:
  const Clock& clock_;
  uint64_t base_ms_;
  absl::Duration since_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_TIME_BOUND_H_
