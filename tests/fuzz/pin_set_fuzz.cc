// A PinSet and a LeaseOffer, read by C++ and by the C kit, which must agree.
#include <cstdlib>

#include "services/common/proof/c/fake_kit.h"
#include "services/common/proof/lease_offer.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto pins = u2fi::proof::PinSet::Parse(bytes);
  if (pins.ok() != u2fi::proof::KitParsesPins(bytes)) std::abort();
  if (pins.ok()) {
    if (u2fi::proof::PinSet::Encode(pins->fields())->bytes() != bytes) {
      std::abort();
    }
    (void)u2fi::proof::EffectiveRule(pins->fields(), "u2fi.pins");
  }
  (void)u2fi::proof::ParseLeaseOffer(bytes);
  (void)u2fi::proof::ParseLeaseEnd(bytes);
  return 0;
}
