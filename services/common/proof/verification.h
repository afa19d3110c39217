#ifndef U2FI_SERVICES_COMMON_PROOF_VERIFICATION_H_
#define U2FI_SERVICES_COMMON_PROOF_VERIFICATION_H_

#include <vector>

#include "absl/status/status.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/rules.h"
#include "services/common/proof/verify_proof.h"

namespace u2fi::proof {

// The state of one VerifyProof(): what its steps found out so far. Only
// verify_proof.cc uses it; approval_steps.cc has the steps of one approval.
class Verification {
 public:
  // What is known of one approval beyond its own bytes.
  struct Resolved {
    // nullptr: a browser.
    const v1::PinnedGateway* gateway = nullptr;
    // The gateway is believed only by the new pin set of a TRANSFER: the touch
    // counts for the new owner alone.
    bool place_of_new_owner = false;
    ClientData client_data;
    AuthenticatorData authenticator_data;
    const v1::PinnedKey* key = nullptr;
    // Roles in which the key acts here. 0 for a new owner.
    uint32_t roles = 0;
    // TRANSFER: the key is an OWNER key of the new pin set.
    bool new_owner = false;
  };

  Verification(absl::string_view command_bytes, const VerifyInputs& in)
      : in_(in), bytes_(command_bytes) {}

  // Runs all steps on one proof, on one item, or on a command without proof.
  absl::StatusOr<VerifiedCommand> RunProof(const v1::Proof& proof);
  absl::StatusOr<VerifiedCommand> RunItem(
      uint32_t index, const std::vector<absl::string_view>& path,
      Approvals& approvals);
  absl::StatusOr<VerifiedCommand> RunFree();

 private:
  struct Step;

  absl::StatusOr<VerifiedCommand> Run();

  // The steps, in the order of verify_proof.h.
  absl::Status Sizes();
  absl::Status Format();
  absl::Status Agreement();
  absl::Status PurposeStep();
  absl::Status Target();
  absl::Status Deadlines();
  absl::Status Path();
  absl::Status EachApproval();
  absl::Status Challenge(size_t i);
  absl::Status ClientDataStep(size_t i);
  absl::Status RpIdHash(size_t i);
  absl::Status Flags(size_t i);
  absl::Status Token(size_t i);
  absl::Status Signature(size_t i);
  absl::Status Relay(size_t i);
  absl::Status RuleStep();
  absl::Status Pins();
  absl::Status FreeTarget();
  absl::Status FreeRule();

  // Parts of steps.
  absl::Status CheckOwnTarget(const PinSet& pins);
  absl::Status CheckExecutor(const PinSet& pins);
  absl::Status ResolvePlace(size_t i);
  absl::Status ResolveGateway(size_t i);
  void ResolveKey(size_t i);
  uint32_t RolesHere(const v1::PinnedKey& key) const;
  uint32_t RolesAskedFor() const;
  bool LeaseRuns() const;
  std::vector<CountedApproval> Counted() const;
  absl::Status CheckBreakGlass();
  VerifiedCommand Result();

  const ParsedApproval& approval(size_t i) const {
    return approvals_->list()[i];
  }
  v1::Purpose purpose() const { return approvals_->common().purpose(); }
  bool changes_pins() const { return next_.has_value(); }
  // The device goes to another site: the new set's gateways count, too.
  bool moves() const {
    return approvals_ != nullptr && changes_pins() &&
           purpose() == v1::PURPOSE_MOVE;
  }
  // The set under which the approvals count: the present one, or the first.
  const PinSet& believed() const { return in_.pins ? *in_.pins : *next_; }

  const VerifyInputs& in_;
  absl::string_view bytes_;
  uint32_t index_ = 0;
  std::vector<absl::string_view> path_;
  Approvals* approvals_ = nullptr;
  // RunProof() only: what is parsed into own_approvals_ by the format step.
  const v1::Proof* proof_ = nullptr;
  absl::optional<Approvals> own_approvals_;

  v1::Command command_;
  absl::optional<PinSet> next_;
  v1::Rule rule_;
  std::vector<Resolved> resolved_;
};

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_VERIFICATION_H_
