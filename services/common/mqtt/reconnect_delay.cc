#include "services/common/mqtt/reconnect_delay.h"

#include <algorithm>
#include <cstdint>

namespace u2fi::mqtt {

absl::Duration ReconnectDelay::Next() {
  uint32_t draw = 0;
  random_.Fill(reinterpret_cast<uint8_t*>(&draw), sizeof(draw));
  const absl::Duration delay =
      bound_ * (static_cast<double>(draw) / 4294967296.0);
  bound_ = std::min(cap_, bound_ * 2);
  return delay;
}

}  // namespace u2fi::mqtt
