#ifndef U2FI_SERVICES_COMMON_PROOF_PINS_CHANGE_H_
#define U2FI_SERVICES_COMMON_PROOF_PINS_CHANGE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/rules.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/lease.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {

// A new pin set and the approvals for it, which were verified and satisfy the
// present set's rule for `u2fi.pins` where one is asked for.
struct PinsChange {
  v1::Purpose purpose = v1::PURPOSE_UNSPECIFIED;
  // nullptr: the device is blank.
  const PinSet* present = nullptr;
  const PinSet* next = nullptr;
  // Under LEASE.
  const v1::SignedLeaseOffer* lease_offer = nullptr;
  // A lease of `present` runs now and did not end early.
  bool lease_running = false;
  std::vector<CountedApproval> counted;
  // Milliseconds since 1970, one for each approval.
  std::vector<uint64_t> touched_at_ms;
  // Under TRANSFER: an OWNER key of the new set agreed.
  bool new_owner_agrees = false;
};

// OK if the new set may follow. The checks, in this order:
//   PINS_REVISION  the first set has revision 1; others the present one + 1
//   PINS_PREVIOUS  `previous` is the hash of the present set
//   PINS_CHANGE    the change is one that the purpose allows:
//     always     device, tenant and rp_id_hash stay
//     PROVISION  no lease
//     PINS       the owner's account and the site stay
//     MOVE       only the site and the gateways change
//     TRANSFER   another account owns it
//     LEASE      only lease and LESSEE keys change; while a lease runs only
//                its own account can get another
// and by purpose
//   PINS: RULE_NOT_SATISFIED if a rule becomes looser that the approvals would
//     not satisfy (FORBIDDEN aside): who loosens must satisfy the rule before
//     the change. While a lease runs and goes on, its `lessee` rules count as
//     such.
//   TRANSFER: RULE_NOT_SATISFIED unless the new owner agrees
//   LEASE: LEASE_OFFER_INVALID unless a pinned issuer offered this lease to
//     this account (or to the first key, then the only one) and every touch
//     was within it
absl::Status CheckPinsChange(const PinsChange& change);

// The present rules that `next` makes looser (FORBIDDEN aside), each once: what
// the approvals under PINS have to satisfy besides the rule for `u2fi.pins`.
std::vector<v1::Rule> LoosenedRules(const v1::PinSet& present,
                                    const v1::PinSet& next);

// PINS_PREVIOUS unless the arguments of `u2fi.unbind` name the present set.
absl::Status CheckUnbindArguments(const v1::Command& command,
                                  const PinSet& present);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_PINS_CHANGE_H_
