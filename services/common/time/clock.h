#ifndef U2FI_SERVICES_COMMON_TIME_CLOCK_H_
#define U2FI_SERVICES_COMMON_TIME_CLOCK_H_

#include <cstdint>

#include "absl/time/time.h"

namespace u2fi {

// Where all code takes the time from. Implementations are thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Time of day, for deadlines that others see. It may jump.
  virtual absl::Time Now() const = 0;

  // Time since an arbitrary start, for durations. It never goes back.
  virtual absl::Duration Uptime() const = 0;
};

// The machine's clocks. Lives for ever.
const Clock& SystemClock();

// Milliseconds since 1970, the unit of everything that is signed (wire.md).
inline int64_t UnixMillis(const Clock& clock) {
  return absl::ToUnixMillis(clock.Now());
}

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_TIME_CLOCK_H_
