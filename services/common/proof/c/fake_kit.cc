#include "services/common/proof/c/fake_kit.h"

extern "C" {
#include "services/common/proof/c/u2fi_internal.h"
}

namespace u2fi::proof {

bool KitParsesPins(const std::string& bytes) {
  const u2fi_bytes view = KitBytes(bytes);
  u2fi_slot slots[U2FI_SLOTS(U2FI_PINS)];
  return u2fi_parse_pins(&view, slots) != 0;
}

}  // namespace u2fi::proof
