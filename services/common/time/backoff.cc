#include "services/common/time/backoff.h"

#include <algorithm>
#include <cstdint>

namespace u2fi {

absl::Duration Backoff::Next() {
  uint32_t draw = 0;
  random_.Fill(reinterpret_cast<uint8_t*>(&draw), sizeof(draw));
  const absl::Duration wait = bound_ * (draw / 4294967296.0);
  bound_ = std::min(2 * bound_, longest_);
  return wait;
}

}  // namespace u2fi
