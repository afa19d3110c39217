#ifndef U2FI_SERVICES_DEVICE_REGISTRY_PIN_CHECKS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_PIN_CHECKS_H_

#include <string>

#include "absl/status/status.h"
#include "services/common/proof/pin_set.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::device_registry {

// What the registry asks of a pin set and of the touches for it, beyond what
// devices check: they do not know accounts and gateways.

// Gateways of `next` that are not just so in `present` (nullptr: blank) are
// ACTIVE with that key, at the site of `next`; or at another site of its owner,
// where touches count and nothing is executed. RESOURCE_UNKNOWN,
// GATEWAY_NOT_ACTIVE, GATEWAY_MISMATCH.
absl::Status CheckPinnedGateways(Change& change, const proof::v1::PinSet& next,
                                 const proof::v1::PinSet* present);

// Keys of `next` that are not just so in `present` (nullptr: blank) are active
// keys of their accounts, for what they are pinned for. RESOURCE_UNKNOWN,
// TOKEN_NOT_PINNED.
absl::Status CheckPinnedKeys(Change& change, const proof::v1::PinSet& next,
                             const proof::v1::PinSet* present);

// Every touch was taken at one of the own gateways of `account`, which owns the
// device, whoever touched; those of `new_owner`, if that is not empty, at one
// of his. PLACE_NOT_ALLOWED.
absl::Status CheckPlaces(Change& change, const ApplyCase& in,
                         const std::string& account,
                         const std::string& new_owner = "");

// Every token that touched is an active key of its account still.
// TOKEN_REVOKED.
absl::Status CheckApprovers(Change& change, const ApplyCase& in);

// Puts the pin set with its command, proof and evidence into the device's
// history, and a row about it. `life` is the device's.
void PutPinRevision(Change& change, const ApplyCase& in,
                    const proof::PinSet& pins, uint32_t life);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_PIN_CHECKS_H_
