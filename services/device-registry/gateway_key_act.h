#ifndef U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_ACT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_ACT_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"

namespace u2fi::device_registry {

// Carries out `u2fi.gateway.key`: the owner of a gateway's site agrees to the
// key that an operator named. The first step that fails is the answer:
//   account  it exists (RESOURCE_UNKNOWN)
//   proof    VerifyAccountProof() with the account's active keys and gateways,
//            the old key of this one among them (decisions A7)
//   gateway  it exists, is not REVOKED and is at a site that the account owns
//            (RESOURCE_UNKNOWN, GATEWAY_STATE, PLACE_NOT_ALLOWED)
//   old      it has the key that is to go (CHANNEL_KEY_MISMATCH)
//   new      an operator named the key that is to come (GATEWAY_KEY_MISMATCH),
//            and no gateway has or had it (PUBLIC_KEY_INVALID, RESOURCE_EXISTS)
// The account's list of gateways gets the new key where it has the old one. Pin
// sets stay as they are: devices believe the new key once their owner's touch
// tells them. Returns the gateway's name. Puts everything into `change`.
absl::StatusOr<std::string> ApplyGatewayKey(Change& change, const ApplyCase& in,
                                            const std::string& rp_id_hash);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_ACT_H_
