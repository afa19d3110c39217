#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_ACTS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_ACTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"

namespace u2fi::device_registry {

// Whether `operation` is one of those below.
bool IsTokenAct(absl::string_view operation);

// Carries out `u2fi.token.suspend`, `.resume` and `.revoke`: which keys of the
// account the registry believes. A revoked one is forgotten, and its token is
// on the deny list of every gateway. What the token's state was is
// attestation's to say, which applies the same command first: here the key
// is made what the command wants, whatever it was. The first step that fails
// is the answer:
//   account   it exists and has the token (RESOURCE_UNKNOWN)
//   gateways  as for u2fi.enrol (account_touches.h)
//   proof     VerifyAccountProof() with the account's active keys and gateways
//   another   a token does not revoke itself (RULE_NOT_SATISFIED)
// Returns the name of the account. Puts everything into `change`.
absl::StatusOr<std::string> ApplyTokenAct(Change& change, const ApplyCase& in,
                                          const std::string& rp_id_hash);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_ACTS_H_
