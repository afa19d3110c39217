#ifndef U2FI_SERVICES_DEVICE_REGISTRY_ENROLMENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_ENROLMENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"

namespace u2fi::device_registry {

// Carries out `u2fi.enrol`: the account gets a key that the registry believes,
// and its first token at a gateway of its own site begins the list of its
// gateways. A key that is not P-256 approves acts on the account and is never
// pinned. The first step that fails is the answer:
//   key       ES256, ES384, RS256 or EdDSA, in the form in which keys are kept
//             (ALG_NOT_ALLOWED, PUBLIC_KEY_INVALID); a recovery token is not
//             the first (NO_CREDENTIALS)
//   gateways  those of the touches exist, are ACTIVE and have the key that the
//             statements name; under a recovery they are the account's own
//   proof     VerifyAccountProof() with the account's active keys and gateways;
//             while a recovery is open the new key's own touch is enough
//   site      a first token at a foreign site is limited to that site's leases,
//             every other one is not limited
//   new       the token was not revoked meanwhile, the account does not have
//             it, and has room for it
// Returns the name of the account. Puts everything into `change`.
absl::StatusOr<std::string> ApplyEnrolment(Change& change, const ApplyCase& in,
                                           const std::string& rp_id_hash);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_ENROLMENT_H_
