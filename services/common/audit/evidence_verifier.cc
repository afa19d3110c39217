#include "services/common/audit/evidence_verifier.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/rules.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/client_data.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/proof/step.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr absl::string_view kGate = "command-gate";
constexpr size_t kRpIdHashSize = 32;

absl::Status Fault(absl::string_view step, absl::string_view why) {
  return Error(reason::kAuditChain, absl::StrCat(step, ": ", why),
               {{"step", std::string(step)}});
}

// A row of an agent's journal. It says what a gateway did; the touches that let
// it are in the gate's rows.
bool IsJournal(const ParsedRow& row) {
  return absl::StartsWith(row.header.writer().service(), kJournalWriterPrefix);
}

// Whether the row says that a command was approved, and by which touches.
bool CarriesProof(const ParsedRow& row) {
  const v1::AuditBody& body = row.body;
  return !IsJournal(row) && row.header.kind() != v1::ROW_KIND_LOST_RACE &&
         !body.command().empty() &&
         body.approvals_size() + body.approval_refs_size() > 0 &&
         body.outcome() != common::v1::OUTCOME_REFUSED &&
         body.outcome() != common::v1::OUTCOME_QUARANTINED;
}

// Whether a command in this state went to its device or service.
bool IsDispatched(absl::string_view state) {
  return state == "DISPATCHED" || state == "SUCCEEDED" || state == "FAILED" ||
         state == "UNKNOWN_OUTCOME";
}

// The same of a whole batch's row, which has no bytes: before it was dispatched
// a batch may have FAILED together.
bool WasExecuted(absl::string_view state) {
  return IsDispatched(state) && state != "FAILED";
}

bool ChangesTrust(const proof::v1::Command& command) {
  return proof::AccountOfTarget(command.device()).has_value() ||
         command.operation() == proof::kOperationPins;
}

// Whether another row may refer to the touches that this one holds: touches of
// a batch, those that came before their command was approved, and those of
// commands that other services apply.
bool IsReferable(const ParsedRow& row, const proof::v1::Approval& approval) {
  if (row.body.command().empty()) return true;
  const auto command = proof::ParseCommand(row.body.command());
  if (command.ok() && proof::IsReserved(command->operation())) return true;
  const auto statement = proof::ParseStatement(approval.statement());
  return statement.ok() && statement->batch_size() > 1;
}

uint64_t TimeOf(const ParsedRow& row) { return row.header.time_ms(); }

// Whether the key that relayed the touch is in the client data, as it is with
// U2F, or among `gateways`.
bool RelayIsKnown(const proof::v1::Approval& approval,
                  const std::vector<proof::AccountGateway>& gateways) {
  const auto statement = proof::ParseStatement(approval.statement());
  const auto data = proof::ParseClientData(approval.client_data());
  if (!statement.ok() || !data.ok() || data->is_u2f) return true;
  const std::string& id = statement->approver_gateway();
  return id.empty() || std::any_of(gateways.begin(), gateways.end(),
                                   [&](const proof::AccountGateway& gateway) {
                                     return gateway.id == id;
                                   });
}

proof::VerifyInputs InputsAt(const ParsedRow& row, const PinRevision* pins) {
  proof::VerifyInputs in;
  in.pins = pins == nullptr ? nullptr : &pins->pins;
  in.now_ms = TimeOf(row);
  in.skew_ms = proof::kSkewMs;
  if (row.body.evidence().has_lease_offer()) {
    in.lease_offer = &row.body.evidence().lease_offer();
  }
  return in;
}

}  // namespace

EvidenceVerifier::EvidenceVerifier(const Anchors& anchors, Options options)
    : options_(std::move(options)), history_(anchors) {
  if (!options_.rp_id_hash.empty() || anchors.pin_sets().empty()) return;
  options_.rp_id_hash = anchors.pin_sets()[0].fields().rp_id_hash();
}

absl::Status EvidenceVerifier::Keep(size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= options_.max_bytes) return absl::OkStatus();
  return FormatError("file", "has more touches than there is memory for");
}

absl::Status EvidenceVerifier::Learn(const ParsedRow& row) {
  if (row.erased) NoteErasure();
  for (const proof::v1::Approval& approval : row.body.approvals()) {
    if (!IsReferable(row, approval)) continue;
    RETURN_IF_ERROR(Keep(approval.ByteSizeLong()));
    touches_.insert({crypto::ToString(ApprovalDigest(approval)), approval});
  }
  if (!CarriesProof(row)) return absl::OkStatus();
  const auto command = proof::ParseCommand(row.body.command());
  if (!command.ok() || !ChangesTrust(*command)) return absl::OkStatus();
  RETURN_IF_ERROR(Keep(row.body.ByteSizeLong()));
  changes_.push_back(row);
  const auto act = acts_ms_.insert({row.body.command(), TimeOf(row)}).first;
  act->second = std::min(act->second, TimeOf(row));
  return absl::OkStatus();
}

void EvidenceVerifier::Settle() {
  std::stable_sort(changes_.begin(), changes_.end(),
                   [](const ParsedRow& a, const ParsedRow& b) {
                     return TimeOf(a) < TimeOf(b);
                   });
  // What one change makes known may let another verify.
  size_t left = changes_.size() + 1;
  while (!changes_.empty() && changes_.size() < left) {
    left = changes_.size();
    changes_.erase(
        std::remove_if(changes_.begin(), changes_.end(),
                       [this](const ParsedRow& row) { return Install(row); }),
        changes_.end());
  }
  changes_.clear();
}

bool EvidenceVerifier::Install(const ParsedRow& row) {
  const absl::StatusOr<Claim> claim = ReadClaim(row);
  if (!claim.ok() || !claim->whole) return false;
  if (claim->command.operation() == proof::kOperationPins) {
    const auto next = proof::PinSet::Parse(claim->command.arguments());
    const PinRevision* present = nullptr;
    if (!next.ok() || !FindPresent(*next, present)) return false;
    const auto verified = CheckPins(*claim, present);
    if (verified.ok()) history_.AddPins(*verified, present, TimeOf(row));
    return verified.ok();
  }
  if (installed_.count(row.body.command()) != 0) return true;
  const auto verified = proof::VerifyAccountProof(
      row.body.command(), claim->proof, AccountInputsOf(*claim));
  if (!verified.ok()) return false;
  installed_.insert(row.body.command());
  if (claim->command.operation() != proof::kOperationEnrol) {
    history_.ChangeToken(*verified, TimeOf(row));
    return true;
  }
  proof::v1::EnrolmentProof enrolment;
  *enrolment.mutable_registration() = row.body.evidence().registration();
  enrolment.set_command(row.body.command());
  *enrolment.mutable_proof() = claim->proof;
  history_.AddToken(*verified, std::move(enrolment), TimeOf(row));
  return true;
}

absl::StatusOr<EvidenceVerifier::Claim> EvidenceVerifier::ReadClaim(
    const ParsedRow& row) const {
  Claim claim;
  claim.row = &row;
  const auto command = proof::ParseCommand(row.body.command());
  if (!command.ok()) return proof::AtStep("format", command.status());
  claim.command = *command;
  *claim.proof.mutable_approvals() = row.body.approvals();
  for (const std::string& reference : row.body.approval_refs()) {
    const auto touch = touches_.find(reference);
    claim.whole = claim.whole && touch != touches_.end();
    if (!claim.whole) break;
    *claim.proof.add_approvals() = touch->second;
  }
  claim.proof.set_index(row.body.index());
  *claim.proof.mutable_path() = row.body.path();
  return claim;
}

absl::StatusOr<Evidence> EvidenceVerifier::Verify(const ParsedRow& row,
                                                  uint64_t line) {
  ledger_.Note(row, line);
  if (row.erased) return Evidence{Finding::kErased, "", ""};
  ASSIGN_OR_RETURN(Evidence evidence, VerifyBody(row, line));
  if (evidence.finding == Finding::kUnverifiable) {
    ledger_.NoteUnverifiable(row);
  } else if (evidence.finding != Finding::kNone) {
    ledger_.NoteApproved(row);
  }
  return evidence;
}

absl::StatusOr<Evidence> EvidenceVerifier::VerifyBody(const ParsedRow& row,
                                                      uint64_t line) {
  if (!CarriesProof(row)) return VerifyMove(row, line);
  ASSIGN_OR_RETURN(const Claim claim, ReadClaim(row));
  if (!claim.whole) return Missing("a touch");
  return VerifyClaim(claim);
}

absl::StatusOr<Evidence> EvidenceVerifier::VerifyClaim(const Claim& claim) {
  if (proof::AccountOfTarget(claim.command.device()).has_value()) {
    return VerifyAccountAct(claim);
  }
  return claim.command.operation() == proof::kOperationPins
             ? VerifyPinsChange(claim)
             : VerifyOperation(claim);
}

proof::AccountInputs EvidenceVerifier::AccountInputsOf(const Claim& claim) {
  const ParsedRow& row = *claim.row;
  const auto act = acts_ms_.find(row.body.command());
  const uint64_t since = act == acts_ms_.end() ? TimeOf(row) : act->second;
  if (options_.rp_id_hash.empty() && claim.proof.approvals_size() > 0) {
    options_.rp_id_hash =
        claim.proof.approvals(0).authenticator_data().substr(0, kRpIdHashSize);
  }
  proof::AccountInputs in;
  in.tenant = row.header.writer().tenant();
  in.account = std::string(*proof::AccountOfTarget(claim.command.device()));
  in.rp_id_hash = options_.rp_id_hash;
  in.gateways = history_.Gateways();
  in.any_place = true;
  in.relays_checked_elsewhere = true;
  in.now_ms = TimeOf(row);
  in.skew_ms = proof::kSkewMs;
  if (claim.command.operation() == proof::kOperationEnrol) {
    proof::v1::EnrolArguments arguments;
    arguments.ParseFromString(claim.command.arguments());
    in.registration = row.body.evidence().registration();
    in.new_key = AccountKeyOf(arguments, in.registration.public_key());
  }
  for (const KnownToken* token : history_.TokensBefore(in.account, since)) {
    const bool joins =
        in.new_key.has_value() && in.new_key->token_id == token->key.token_id;
    if (!joins && token->IsActive(since, proof::kSkewMs)) {
      in.keys.push_back(token->key);
    }
  }
  return in;
}

bool EvidenceVerifier::KnowsTokens(const Claim& claim,
                                   const proof::AccountInputs& in) const {
  return std::all_of(
      claim.proof.approvals().begin(), claim.proof.approvals().end(),
      [&](const proof::v1::Approval& approval) {
        const std::string& id = approval.token_id();
        return (in.new_key.has_value() && in.new_key->token_id == id) ||
               history_.FindToken(in.account, id) != nullptr;
      });
}

absl::StatusOr<Evidence> EvidenceVerifier::VerifyAccountAct(
    const Claim& claim) {
  const proof::AccountInputs in = AccountInputsOf(claim);
  if (!KnowsTokens(claim, in)) return Missing("the enrolment of a token");
  ASSIGN_OR_RETURN(
      const proof::VerifiedAccountCommand verified,
      proof::VerifyAccountProof(claim.row->body.command(), claim.proof, in));
  for (const proof::v1::Approval& approval : claim.proof.approvals()) {
    if (RelayIsKnown(approval, in.gateways)) continue;
    return Evidence{Finding::kUnverifiable, "",
                    "no pin set in the file has the key of the gateway"};
  }
  return Evidence{Finding::kVerified,
                  history_.AnchorOf(in.account, verified.tokens()), ""};
}

bool EvidenceVerifier::FindPresent(const proof::PinSet& next,
                                   const PinRevision*& present) const {
  if (next.fields().revision() == 1) return true;
  present = history_.FindPins(next.fields().device(), next.fields().previous());
  return present != nullptr;
}

absl::StatusOr<proof::VerifiedPins> EvidenceVerifier::CheckPins(
    const Claim& claim, const PinRevision* present) const {
  const ParsedRow& row = *claim.row;
  ASSIGN_OR_RETURN(proof::VerifiedCommand command,
                   proof::VerifyProof(row.body.command(), claim.proof,
                                      InputsAt(row, present)));
  // Enrolments that the file has elsewhere are evidence as well.
  proof::v1::Evidence evidence = row.body.evidence();
  for (const auto& key : command.next_pins()->fields().keys()) {
    const KnownToken* token = history_.FindToken(key.account(), key.token_id());
    if (token == nullptr) continue;
    if (evidence.enrolments_size() == proof::kMaxEnrolments) break;
    *evidence.add_enrolments() = token->enrolment;
  }
  return proof::VerifyPins(std::move(command),
                           present == nullptr ? nullptr : &present->pins,
                           evidence);
}

absl::StatusOr<Evidence> EvidenceVerifier::VerifyPinsChange(
    const Claim& claim) {
  const auto next = proof::PinSet::Parse(claim.command.arguments());
  if (!next.ok()) return proof::AtStep("format", next.status());
  const PinRevision* present = nullptr;
  if (!FindPresent(*next, present)) return Missing("the present pin set");
  const auto verified = CheckPins(claim, present);
  if (!verified.ok()) {
    return proof::StepOf(verified.status()).empty()
               ? proof::AtStep("enrolments", verified.status())
               : verified.status();
  }
  const PinRevision* installed =
      history_.FindPins(next->fields().device(), crypto::View(next->hash()));
  return Evidence{Finding::kVerified,
                  installed == nullptr ? "" : installed->anchor, ""};
}

absl::StatusOr<Evidence> EvidenceVerifier::VerifyOperation(const Claim& claim) {
  const ParsedRow& row = *claim.row;
  const std::vector<const PinRevision*> revisions =
      history_.PinsAt(claim.command.device(), TimeOf(row) + proof::kSkewMs);
  if (revisions.empty()) return Missing("the device's pin set");
  absl::Status first;
  for (const PinRevision* revision : revisions) {
    const auto verified = proof::VerifyProof(row.body.command(), claim.proof,
                                             InputsAt(row, revision));
    if (verified.ok()) {
      Evidence evidence{Finding::kVerified, revision->anchor, ""};
      // A new set takes a while to reach a device that is switched off.
      if (revision != revisions[0]) evidence.note = "under an older pin set";
      return evidence;
    }
    first.Update(verified.status());
  }
  return first;
}

absl::StatusOr<Evidence> EvidenceVerifier::VerifyMove(const ParsedRow& row,
                                                      uint64_t line) {
  const v1::AuditBody& body = row.body;
  if (row.header.writer().service() != kGate ||
      row.header.kind() == v1::ROW_KIND_LOST_RACE) {
    return Evidence{};
  }
  const bool executed = row.header.kind() == v1::ROW_KIND_EXECUTION;
  if (!executed && body.state_before() == body.state_after()) return Evidence{};
  if (body.command().empty()) {
    if (!executed && !WasExecuted(body.state_after())) return Evidence{};
    return Fault("proof", "the row does not say what was executed");
  }
  if (body.state_after() == "APPROVED") {
    return Fault("proof", "the command was approved by nobody");
  }
  if (!executed && !IsDispatched(body.state_after())) return Evidence{};
  if (body.state_before() == "PREPARING") return VerifyIsFree(row);
  const auto command = proof::ParseCommand(body.command());
  if (!command.ok()) return proof::AtStep("format", command.status());
  ledger_.NoteDispatched(row, command->command_id(), line);
  return Evidence{};
}

absl::StatusOr<Evidence> EvidenceVerifier::VerifyIsFree(const ParsedRow& row) {
  const auto command = proof::ParseCommand(row.body.command());
  if (!command.ok()) return proof::AtStep("format", command.status());
  const std::vector<const PinRevision*> revisions =
      history_.PinsAt(command->device(), TimeOf(row) + proof::kSkewMs);
  if (revisions.empty()) return Missing("the device's pin set");
  absl::Status first;
  for (const PinRevision* revision : revisions) {
    const auto verified =
        proof::VerifyFree(row.body.command(), InputsAt(row, revision));
    if (verified.ok()) {
      return Evidence{Finding::kFree, revision->anchor, ""};
    }
    first.Update(verified.status());
  }
  return proof::AtStep("proof", first);
}

absl::StatusOr<Evidence> EvidenceVerifier::Missing(
    absl::string_view what) const {
  if (options_.complete && !erased_) {
    return Fault("touch", absl::StrCat(what, " is not in the file"));
  }
  return Evidence{Finding::kUnverifiable, "",
                  absl::StrCat(what, " is not in the file")};
}

absl::Status EvidenceVerifier::Finish(uint64_t& line) const {
  return options_.complete ? ledger_.Finish(line) : absl::OkStatus();
}

}  // namespace u2fi::audit
