#ifndef U2FI_SERVICES_COMMON_PROOF_VERIFY_PROOF_H_
#define U2FI_SERVICES_COMMON_PROOF_VERIFY_PROOF_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/proof/approvals.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/step.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/lease.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::proof {

// What the cloud has taken back (RevokeToken, RevokeGateway). It only grows,
// so it can only refuse.
struct DenyList {
  std::set<std::string, std::less<>> tokens;
  std::set<std::string, std::less<>> gateways;
};

// Who verifies, what it believes, and when.
struct VerifyInputs {
  // The pin set that the device has. nullptr: it is blank, and only `u2fi.pins`
  // under PROVISION can be accepted.
  const PinSet* pins = nullptr;
  // The device that will act and the gateway that hands over. Empty: any that
  // the pin set names (the auditor, the registry).
  std::string device;
  std::string gateway;
  // Milliseconds since 1970. A device without a clock gives its lower bound:
  // the highest `iat` or touched_at_ms it has accepted, plus uptime since. The
  // auditor gives the time of the record.
  uint64_t now_ms = 0;
  // kSkewMs at agents and devices, 0 at the gate.
  uint64_t skew_ms = 0;
  // Under LEASE: the front desk's offer, from the evidence.
  const v1::SignedLeaseOffer* lease_offer = nullptr;
  // The lease of `pins` ended early: the verifier knows of its signed end, or
  // the cloud took it back.
  bool lease_ended = false;
  // Agents and the registry; nullptr: nothing is taken back.
  const DenyList* denied = nullptr;
};

// A command that may run now: to hold one is to have verified it. Replays are
// not excluded by it: the device's sequence window and the agent's journal are
// for that, and they come before acting. Cheap to move.
class VerifiedCommand {
 public:
  const v1::Command& command() const { return command_; }
  // The exact bytes.
  const std::string& bytes() const { return bytes_; }
  // PURPOSE_UNSPECIFIED for an operation that is free.
  v1::Purpose purpose() const { return purpose_; }
  // Milliseconds since 1970; execution begins no later. 0 if it is free.
  uint64_t execute_by_ms() const { return execute_by_ms_; }
  // The latest touch, a lower bound of the time from now on. 0 if there is
  // none.
  uint64_t touched_at_ms() const { return touched_at_ms_; }
  // {account, token} of each approval. Empty if it is free.
  const std::vector<std::pair<std::string, std::string>>& approvers() const {
    return approvers_;
  }
  // The pin set in the arguments of `u2fi.pins`. It follows the present one by
  // every rule that device and agent share; VerifyPinSet() asks for the rest.
  const absl::optional<PinSet>& next_pins() const { return next_pins_; }

 private:
  friend class Verification;
  VerifiedCommand() = default;

  v1::Command command_;
  std::string bytes_;
  v1::Purpose purpose_ = v1::PURPOSE_UNSPECIFIED;
  uint64_t execute_by_ms_ = 0;
  uint64_t touched_at_ms_ = 0;
  std::vector<std::pair<std::string, std::string>> approvers_;
  absl::optional<PinSet> next_pins_;
};

// Verifies a command with its proof against a pin set. The first step that
// fails is the answer; its name is the context of the message (StepOf()).
//   sizes        every part is within its bound
//   format       strict bytes: command, arguments of `u2fi.*`, statements
//   agreement    the approvals are for the same, by distinct tokens, accounts
//   purpose      the operation may be approved under this purpose here
//   target       tenant, site, device; the executing gateway; the gateways
//                (or browser) of the touches and their channel keys
//   deadlines    bounds of the purpose; touched in time; not too late
//   path         the command is item `index` of the signed batch
// then for each approval:
//   challenge    the client data answer this statement
//   client_data  they have the exact form of that place
//   rp_id_hash   the key signed for this deployment
//   flags        a touch, no phone, user verification where it is asked
//   token        pinned for the statement's account, with a role for this
//   signature    by the token
//   relay        by the gateway (none from a browser)
// and at the end:
//   rule         the pin set's rule for the operation is satisfied
//   pins         `u2fi.pins`: the new set may follow; `u2fi.unbind`: it names
//                the present set
absl::StatusOr<VerifiedCommand> VerifyProof(absl::string_view command_bytes,
                                            const v1::Proof& proof,
                                            const VerifyInputs& in);

// The same for a proof in its strict bytes, as a device gets it.
absl::StatusOr<VerifiedCommand> VerifyProof(absl::string_view command_bytes,
                                            absl::string_view proof_bytes,
                                            const VerifyInputs& in);

// The same for one item of a batch whose approvals came once (`ExecuteBatch`):
// `approvals` passed CheckSizes(), Parse() and CheckAgreement(). From the
// second item on no signature is checked again under the same keys.
absl::StatusOr<VerifiedCommand> VerifyItem(
    absl::string_view command_bytes, uint32_t index,
    const std::vector<absl::string_view>& path, Approvals& approvals,
    const VerifyInputs& in);

// A command without a proof: only if the device's own pin set calls exactly
// this operation FREE. Steps sizes, format, target and rule as above.
// OPERATION_NOT_FREE otherwise.
absl::StatusOr<VerifiedCommand> VerifyFree(absl::string_view command_bytes,
                                           const VerifyInputs& in);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_VERIFY_PROOF_H_
