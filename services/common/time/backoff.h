#ifndef U2FI_SERVICES_COMMON_TIME_BACKOFF_H_
#define U2FI_SERVICES_COMMON_TIME_BACKOFF_H_

#include "absl/time/time.h"
#include "services/common/random/random_source.h"

namespace u2fi {

// How long to wait before the next try: uniform between nothing and a bound
// that doubles with each failure, from the first one on ("full jitter"), so
// that a fleet which lost one server together does not come back together.
// Not thread-safe.
class Backoff {
 public:
  // `random` must outlive this object. 0 < first ≤ longest.
  Backoff(RandomSource& random, absl::Duration first, absl::Duration longest)
      : random_(random), first_(first), longest_(longest), bound_(first) {}

  // The wait before the next try, up to the bound; then the bound doubles.
  absl::Duration Next();

  // After a success: the next failure is a first one again.
  void Reset() { bound_ = first_; }

 private:
  RandomSource& random_;
  const absl::Duration first_;
  const absl::Duration longest_;
  absl::Duration bound_;
};

}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_TIME_BACKOFF_H_
