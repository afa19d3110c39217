#include "services/common/proof/verify_proof.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/pins_change.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/strict.h"
#include "services/common/proof/verification.h"

namespace u2fi::proof {
namespace {

constexpr uint32_t kBreakGlassApprovals = 2;

absl::Status Refuse(const Reason& reason, absl::string_view message) {
  return Error(reason, message);
}

absl::StatusOr<v1::Proof> ParseProof(absl::string_view bytes) {
  ASSIGN_OR_RETURN(v1::Proof proof,
                   Parse<v1::Proof>(bytes, kMaxProof, reason::kProofFormat));
  for (const v1::Approval& approval : proof.approvals()) {
    if (!approval.token_id().empty() && !IsId(approval.token_id())) {
      return Refuse(reason::kProofFormat, "a token id is not valid");
    }
  }
  return proof;
}

}  // namespace

struct Verification::Step {
  const char* name;
  absl::Status (Verification::*run)();
};

absl::StatusOr<VerifiedCommand> Verification::RunProof(const v1::Proof& proof) {
  proof_ = &proof;
  index_ = proof.index();
  path_.assign(proof.path().begin(), proof.path().end());
  return Run();
}

absl::StatusOr<VerifiedCommand> Verification::RunItem(
    uint32_t index, const std::vector<absl::string_view>& path,
    Approvals& approvals) {
  approvals_ = &approvals;
  index_ = index;
  path_ = path;
  return Run();
}

absl::StatusOr<VerifiedCommand> Verification::Run() {
  static constexpr Step kSteps[] = {
      {"sizes", &Verification::Sizes},
      {"format", &Verification::Format},
      {"agreement", &Verification::Agreement},
      {"purpose", &Verification::PurposeStep},
      {"target", &Verification::Target},
      {"deadlines", &Verification::Deadlines},
      {"path", &Verification::Path},
      {"", &Verification::EachApproval},
      {"rule", &Verification::RuleStep},
      {"pins", &Verification::Pins},
  };
  for (const Step& step : kSteps) {
    const absl::Status status = (this->*step.run)();
    if (!status.ok()) return *step.name ? AtStep(step.name, status) : status;
  }
  return Result();
}

absl::Status Verification::EachApproval() {
  struct ApprovalStep {
    const char* name;
    absl::Status (Verification::*run)(size_t);
  };
  static constexpr ApprovalStep kSteps[] = {
      {"challenge", &Verification::Challenge},
      {"client_data", &Verification::ClientDataStep},
      {"rp_id_hash", &Verification::RpIdHash},
      {"flags", &Verification::Flags},
      {"token", &Verification::Token},
      {"signature", &Verification::Signature},
      {"relay", &Verification::Relay},
  };
  for (size_t i = 0; i < approvals_->list().size(); ++i) {
    for (const ApprovalStep& step : kSteps) {
      const absl::Status status = (this->*step.run)(i);
      if (!status.ok()) return AtStep(step.name, status);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<VerifiedCommand> Verification::RunFree() {
  static constexpr Step kSteps[] = {{"sizes", &Verification::Sizes},
                                    {"format", &Verification::Format},
                                    {"target", &Verification::FreeTarget},
                                    {"rule", &Verification::FreeRule}};
  for (const Step& step : kSteps) {
    const absl::Status status = (this->*step.run)();
    if (!status.ok()) return AtStep(step.name, status);
  }
  return Result();
}

absl::Status Verification::Sizes() {
  if (bytes_.size() > kMaxCommand || path_.size() > kMaxPath) {
    return Refuse(reason::kProofSize, "the command or its path is too large");
  }
  if (proof_ == nullptr) return absl::OkStatus();
  if (proof_->ByteSizeLong() > kMaxProof) {
    return Refuse(reason::kProofSize, "the proof is larger than 16 KiB");
  }
  return CheckSizes(proof_->approvals());
}

absl::Status Verification::Format() {
  ASSIGN_OR_RETURN(command_, ParseCommand(bytes_));
  RETURN_IF_ERROR(CheckArguments(command_));
  if (command_.operation() == kOperationPins) {
    ASSIGN_OR_RETURN(next_, PinSet::Parse(command_.arguments()));
  }
  if (proof_ != nullptr) {
    ASSIGN_OR_RETURN(own_approvals_, Approvals::Parse(proof_->approvals()));
    approvals_ = &*own_approvals_;
  }
  return absl::OkStatus();
}

absl::Status Verification::Agreement() {
  // An item's approvals were checked before.
  return proof_ == nullptr ? absl::OkStatus() : approvals_->CheckAgreement();
}

absl::Status Verification::PurposeStep() {
  RETURN_IF_ERROR(CheckPurpose(command_.operation(), purpose()));
  if (IsOnAccount(purpose())) {
    return Refuse(reason::kPurposeNotAllowed,
                  "acts on accounts are not verified with a pin set");
  }
  // The first set comes to a blank device; everything else under PROVISION
  // goes with the first set; nothing else comes to a blank device.
  const bool first = purpose() == v1::PURPOSE_PROVISION;
  const bool blank = in_.pins == nullptr;
  const bool allowed = changes_pins() ? first == blank : !blank;
  const bool later = first && !blank && in_.pins->fields().revision() != 1;
  if (allowed && !later) return absl::OkStatus();
  return Refuse(reason::kPurposeNotAllowed,
                "a first pin set is for blank devices, and only that");
}

absl::Status Verification::CheckOwnTarget(const PinSet& pins) {
  if (command_.device() != pins.fields().device() ||
      (!in_.device.empty() && command_.device() != in_.device)) {
    return Refuse(reason::kDeviceMismatch, "the command is for another device");
  }
  if (!in_.gateway.empty() && command_.gateway() != in_.gateway) {
    return Refuse(reason::kGatewayMismatch,
                  "another gateway is to execute the command");
  }
  return CheckExecutor(pins);
}

absl::Status Verification::CheckExecutor(const PinSet& pins) {
  const std::string& id = command_.gateway();
  if (in_.denied != nullptr && in_.denied->gateways.count(id) > 0) {
    return Refuse(reason::kGatewayRevoked, "the executing gateway is revoked");
  }
  const v1::PinnedGateway* gateway = pins.FindGateway(id);
  if (gateway == nullptr && moves()) gateway = next_->FindGateway(id);
  if (gateway != nullptr && gateway->may_execute()) return absl::OkStatus();
  return Refuse(reason::kGatewayNotPinned,
                "the device does not take commands from that gateway");
}

absl::Status Verification::Target() {
  const v1::PinSet& pins = believed().fields();
  const v1::AuthorizationStatement& statement = approvals_->common();
  if (statement.tenant() != pins.tenant()) {
    return Refuse(reason::kTenantMismatch, "approved for another tenant");
  }
  if (statement.site() != pins.site()) {
    return Refuse(reason::kSiteMismatch, "approved for another site");
  }
  RETURN_IF_ERROR(CheckOwnTarget(believed()));
  rule_ = EffectiveRule(pins, command_.operation());
  resolved_.resize(approvals_->list().size());
  for (size_t i = 0; i < resolved_.size(); ++i) {
    RETURN_IF_ERROR(ResolvePlace(i));
  }
  return absl::OkStatus();
}

absl::Status Verification::Deadlines() {
  for (const ParsedApproval& approval : approvals_->list()) {
    RETURN_IF_ERROR(CheckDeadlineBounds(approval.statement));
    if (approval.raw.touched_at_ms() > approval.statement.approve_by_ms()) {
      return Refuse(reason::kApproveByPassed, "the touch came too late");
    }
  }
  // No sum that could overflow.
  const uint64_t execute_by = approvals_->common().execute_by_ms();
  if (in_.now_ms > execute_by && in_.now_ms - execute_by > in_.skew_ms) {
    return Refuse(reason::kExecuteByPassed, "the time to execute has passed");
  }
  return absl::OkStatus();
}

absl::Status Verification::Path() {
  if (command_.index() != index_) {
    return Refuse(reason::kPathInvalid, "the command has another index");
  }
  const v1::AuthorizationStatement& statement = approvals_->common();
  return VerifyPath(Leaf(bytes_), index_, statement.batch_size(), path_,
                    statement.batch_root());
}

absl::Status Verification::RuleStep() {
  switch (purpose()) {
    case v1::PURPOSE_LEASE:
      // The offer and the touch of the new LESSEE key stand for the rule.
      return absl::OkStatus();
    case v1::PURPOSE_BREAK_GLASS:
      return CheckBreakGlass();
    case v1::PURPOSE_PROVISION:
      // The first set's own approval: by an OWNER key, as the token step saw.
      if (changes_pins()) return absl::OkStatus();
      return CheckRule(rule_, LeaseRuns(), Counted());
    default:
      return CheckRule(rule_, LeaseRuns(), Counted());
  }
}

absl::Status Verification::CheckBreakGlass() {
  if (rule_.kind() == v1::RULE_KIND_FORBIDDEN) {
    return Refuse(reason::kOperationForbidden, "the operation is forbidden");
  }
  if (resolved_.size() >= kBreakGlassApprovals) return absl::OkStatus();
  return Refuse(reason::kRuleNotSatisfied, "break-glass needs two touches");
}

absl::Status Verification::Pins() {
  if (command_.operation() == kOperationUnbind) {
    return CheckUnbindArguments(command_, *in_.pins);
  }
  if (!changes_pins()) return absl::OkStatus();
  PinsChange change;
  change.purpose = purpose();
  change.present = in_.pins;
  change.next = &*next_;
  change.lease_offer = in_.lease_offer;
  change.lease_running = LeaseRuns();
  change.counted = Counted();
  for (const ParsedApproval& approval : approvals_->list()) {
    change.touched_at_ms.push_back(approval.raw.touched_at_ms());
  }
  for (const Resolved& resolved : resolved_) {
    change.new_owner_agrees |= resolved.new_owner;
  }
  return CheckPinsChange(change);
}

absl::Status Verification::FreeTarget() {
  if (in_.pins == nullptr) {
    return Refuse(reason::kOperationNotFree, "the device is blank");
  }
  return CheckOwnTarget(*in_.pins);
}

absl::Status Verification::FreeRule() {
  const v1::Rule rule = EffectiveRule(in_.pins->fields(), command_.operation());
  if (rule.kind() == v1::RULE_KIND_FREE) return absl::OkStatus();
  return Refuse(reason::kOperationNotFree,
                "the device's pin set does not call the operation free");
}

std::vector<CountedApproval> Verification::Counted() const {
  std::vector<CountedApproval> counted;
  for (const Resolved& resolved : resolved_) {
    CountedApproval one;
    one.roles = resolved.roles;
    one.level = resolved.key->level();
    one.user_verified = resolved.authenticator_data.user_verified;
    if (resolved.gateway != nullptr) {
      one.gateway = resolved.gateway->id();
      one.site = resolved.gateway->site();
    }
    counted.push_back(one);
  }
  return counted;
}

VerifiedCommand Verification::Result() {
  VerifiedCommand result;
  result.command_ = std::move(command_);
  result.bytes_ = std::string(bytes_);
  result.next_pins_ = std::move(next_);
  if (approvals_ == nullptr) return result;
  result.purpose_ = purpose();
  result.execute_by_ms_ = approvals_->common().execute_by_ms();
  result.touched_at_ms_ = approvals_->touched_at_ms();
  for (const ParsedApproval& approval : approvals_->list()) {
    result.approvers_.emplace_back(approval.statement.account(),
                                   approval.raw.token_id());
  }
  return result;
}

absl::StatusOr<VerifiedCommand> VerifyProof(absl::string_view command_bytes,
                                            const v1::Proof& proof,
                                            const VerifyInputs& in) {
  return Verification(command_bytes, in).RunProof(proof);
}

absl::StatusOr<VerifiedCommand> VerifyProof(absl::string_view command_bytes,
                                            absl::string_view proof_bytes,
                                            const VerifyInputs& in) {
  if (proof_bytes.size() > kMaxProof) {
    return AtStep(
        "sizes", Refuse(reason::kProofSize, "the proof is larger than 16 KiB"));
  }
  const absl::StatusOr<v1::Proof> proof = ParseProof(proof_bytes);
  if (!proof.ok()) return AtStep("format", proof.status());
  return VerifyProof(command_bytes, *proof, in);
}

absl::StatusOr<VerifiedCommand> VerifyItem(
    absl::string_view command_bytes, uint32_t index,
    const std::vector<absl::string_view>& path, Approvals& approvals,
    const VerifyInputs& in) {
  return Verification(command_bytes, in).RunItem(index, path, approvals);
}

absl::StatusOr<VerifiedCommand> VerifyFree(absl::string_view command_bytes,
                                           const VerifyInputs& in) {
  return Verification(command_bytes, in).RunFree();
}

}  // namespace u2fi::proof
