#ifndef U2FI_SERVICES_COMMON_STORE_BACKOFF_H_
#define U2FI_SERVICES_COMMON_STORE_BACKOFF_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "services/common/random/random_source.h"

namespace u2fi::store {

// How long to wait before the next try: uniform between zero and a bound that
// doubles with each failure ("full jitter"), so that clients which lost one
// server together do not come back together. Not thread-safe.
class Backoff {
 public:
  // `random` must outlive this object.
  Backoff(RandomSource& random, absl::Duration first, absl::Duration longest)
      : random_(random), first_(first), longest_(longest), bound_(first) {}

  absl::Duration Next() {
    uint32_t draw = 0;
    random_.Fill(reinterpret_cast<uint8_t*>(&draw), sizeof(draw));
    const absl::Duration wait = bound_ * (draw / 4294967296.0);
    bound_ = std::min(2 * bound_, longest_);
    return wait;
  }

  // After a success.
  void Reset() { bound_ = first_; }

 private:
  RandomSource& random_;
  const absl::Duration first_;
  const absl::Duration longest_;
  absl::Duration bound_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_BACKOFF_H_
