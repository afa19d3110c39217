#ifndef U2FI_SERVICES_COMMON_PROOF_VERIFIED_PINS_H_
#define U2FI_SERVICES_COMMON_PROOF_VERIFIED_PINS_H_

#include <utility>

#include "absl/status/statusor.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/verify_proof.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::proof {

inline constexpr size_t kMaxEvidence = 256 << 10;
inline constexpr int kMaxEnrolments = 16;

// A pin set that may be installed: to hold one is to have verified the command
// that brought it, and that every further key in it was enrolled by its
// account. Only VerifyPins() makes one.
class VerifiedPins {
 public:
  const PinSet& pins() const { return pins_; }
  const VerifiedCommand& command() const { return command_; }

 private:
  friend absl::StatusOr<VerifiedPins> VerifyPins(VerifiedCommand command,
                                                 const PinSet* present,
                                                 const v1::Evidence& evidence);
  explicit VerifiedPins(VerifiedCommand command)
      : command_(std::move(command)), pins_(*command_.next_pins()) {}

  VerifiedCommand command_;
  PinSet pins_;
};

// For agents and the registry, from a verified `u2fi.pins` command: checks the
// evidence for every key of the new set that is neither in `present` (nullptr:
// blank) under the same account nor approved the command itself. Such a key
// needs an enrolment proof (decisions A6, B1) that
//   - is a `u2fi.enrol` command of its account under this tenant, approved by
//     the new key, with the registration whose digest its arguments hold;
//   - is also approved by a key of the same account that is believed already,
//     or became so by an enrolment in the evidence. Where no key of that
//     account is believed, the first enrolment of an account stands for
//     itself: the owner's touch over the set vouches for whose it is.
//   - allows what it is pinned for: its level, RECOVERY alone for a recovery
//     token, LESSEE at that site alone for a token limited to a site's leases.
// A touch at a gateway that the new or the present set does not hold is taken
// as U2F only (its client data show the key that relayed), one in a browser as
// it is. Errors: EVIDENCE_FORMAT, ENROLMENT_MISSING, ENROLMENT_INVALID,
// INTERNAL if the command brings no pin set.
absl::StatusOr<VerifiedPins> VerifyPins(VerifiedCommand command,
                                        const PinSet* present,
                                        const v1::Evidence& evidence);

// The same look at the keys of `next` before there is a verified command: for
// the gate, so that nothing becomes approved that nobody would carry out.
// `approvers`: account and token of each touch.
absl::Status CheckEnrolments(
    const PinSet& next, const PinSet* present,
    const std::vector<std::pair<std::string, std::string>>& approvers,
    const v1::Evidence& evidence);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_VERIFIED_PINS_H_
