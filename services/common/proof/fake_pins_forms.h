#ifndef U2FI_SERVICES_COMMON_PROOF_FAKE_PINS_FORMS_H_
#define U2FI_SERVICES_COMMON_PROOF_FAKE_PINS_FORMS_H_

#include <vector>

#include "services/common/proof/fake_site.h"

namespace u2fi::proof {

// A change that makes FirstPins() a set that keeps the rules of PinSet, at one
// of their bounds, or one that does not: for whatever reads pin sets.
struct FakePinsForm {
  const char* name;
  bool good;
  void (*change)(const FakeSite& site, v1::PinSet& pins);
};
const std::vector<FakePinsForm>& AllPinsForms();

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_FAKE_PINS_FORMS_H_
