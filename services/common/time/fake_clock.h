#ifndef U2FI_SERVICES_COMMON_TIME_FAKE_CLOCK_H_
#define U2FI_SERVICES_COMMON_TIME_FAKE_CLOCK_H_

#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"

namespace u2fi {

// A clock that moves only when told. Simplification: uptime and time of day
// move together, except by Jump(). Thread-safe.
class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1'700'000'000))
      : now_(now) {}

  absl::Time Now() const override {
    MutexLock lock(mutex_);
    return now_;
  }
  absl::Duration Uptime() const override {
    MutexLock lock(mutex_);
    return uptime_;
  }
  // Lets `duration` pass on both clocks.
  void Advance(absl::Duration duration) {
    MutexLock lock(mutex_);
    now_ += duration;
    uptime_ += duration;
  }
  // Sets the time of day forward or back, as an administrator would.
  void Jump(absl::Duration by) {
    MutexLock lock(mutex_);
    now_ += by;
  }

 private:
  mutable Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  absl::Duration uptime_ ABSL_GUARDED_BY(mutex_) = absl::Seconds(1);
};

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_TIME_FAKE_CLOCK_H_
