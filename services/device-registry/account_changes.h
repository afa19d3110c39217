#ifndef U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_CHANGES_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_CHANGES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"

namespace u2fi::device_registry {

// Whether `operation` is one of those below.
bool IsAccountChange(absl::string_view operation);

// Carries out `u2fi.account.gateways` (where the account's acts may be
// approved) and `u2fi.account.policy` (which operations are important to it):
// the whole new list. The first step that fails is the answer:
//   account    it exists (RESOURCE_UNKNOWN)
//   proof      VerifyAccountProof() with the account's active keys and the
//              gateways that it had before (decisions A7)
//   previous   the list of gateways is the one that was changed
//              (GATEWAYS_PREVIOUS)
//   gateways   one that is new on the list exists, is ACTIVE, has that key and
//              is at a site that the account owns (RESOURCE_UNKNOWN,
//              GATEWAY_NOT_ACTIVE, CHANNEL_KEY_MISMATCH, PLACE_NOT_ALLOWED)
//   own rules  those of before want no better key, and no verified user, than
//              this touch had (RULE_NOT_SATISFIED)
//   rules      each is of a good form (RULE_INVALID); UNIMPLEMENTED for acts on
//              the account itself
// Returns the name of the account. Puts everything into `change`.
absl::StatusOr<std::string> ApplyAccountChange(Change& change,
                                               const ApplyCase& in,
                                               const std::string& rp_id_hash);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_ACCOUNT_CHANGES_H_
