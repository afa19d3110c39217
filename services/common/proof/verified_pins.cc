#include "services/common/proof/verified_pins.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/proof/account_proof.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/status/status_macros.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

// A token of which we know that its account enrolled it.
struct Enrolled {
  std::string account;
  std::string point;
  // What it may be pinned for; a key that is believed already may stay so.
  uint32_t level = 2;
  bool recovery = false;
  std::string lease_site;
};
Enrolled Believed(const std::string& account, const std::string& point) {
  Enrolled token;
  token.account = account;
  token.point = point;
  return token;
}

using Tokens = std::map<std::string, Enrolled>;

Tokens BelievedTokens(
    const PinSet& next, const PinSet* present,
    const std::vector<std::pair<std::string, std::string>>& approvers) {
  Tokens tokens;
  for (const auto& [account, token] : approvers) {
    const v1::PinnedKey* key = next.FindKey(token);
    if (key == nullptr || key->account() != account) continue;
    tokens[token] = Believed(account, key->point());
  }
  if (present == nullptr) return tokens;
  for (const v1::PinnedKey& key : present->fields().keys()) {
    tokens[key.token_id()] = Believed(key.account(), key.point());
  }
  return tokens;
}

// One `u2fi.enrol` in the evidence, read but not verified.
struct Candidate {
  const v1::EnrolmentProof* evidence = nullptr;
  std::string account;
  v1::EnrolArguments arguments;
};

absl::StatusOr<Candidate> ReadEnrolment(const v1::EnrolmentProof& evidence) {
  ASSIGN_OR_RETURN(const v1::Command command, ParseCommand(evidence.command()));
  RETURN_IF_ERROR(CheckArguments(command));
  Candidate candidate;
  candidate.evidence = &evidence;
  if (command.operation() != kOperationEnrol ||
      !candidate.arguments.ParseFromString(command.arguments())) {
    return Error(reason::kEnrolmentInvalid, "the evidence is no enrolment");
  }
  candidate.account = std::string(*AccountOfTarget(command.device()));
  return candidate;
}

class Enrolments {
 public:
  Enrolments(const PinSet& next, const PinSet* present, Tokens believed)
      : next_(next), tokens_(std::move(believed)) {
    AddGateways(next);
    if (present != nullptr) AddGateways(*present);
  }

  // Takes up every enrolment that verifies; what one makes known may let
  // another verify. The evidence comes once for a whole batch: what it has
  // beyond this device's needs does not matter.
  void Take(std::vector<Candidate> candidates) {
    size_t left = candidates.size() + 1;
    while (!candidates.empty() && candidates.size() < left) {
      left = candidates.size();
      candidates.erase(
          std::remove_if(candidates.begin(), candidates.end(),
                         [this](const Candidate& c) { return TakeOne(c); }),
          candidates.end());
    }
  }

  // Whether the key in the new pin set is one of these.
  absl::Status Covers(const v1::PinnedKey& key) const {
    const auto found = tokens_.find(key.token_id());
    if (found == tokens_.end()) {
      const auto failed = failures_.find(key.token_id());
      if (failed != failures_.end()) return failed->second;
      return Error(reason::kEnrolmentMissing,
                   "a key of the new pin set has no enrolment proof",
                   {{"token", key.token_id()}});
    }
    const Enrolled& token = found->second;
    const bool recovery_ok =
        !token.recovery || key.roles() == v1::KEY_ROLE_RECOVERY;
    const bool lease_ok =
        token.lease_site.empty() || (key.roles() == v1::KEY_ROLE_LESSEE &&
                                     token.lease_site == next_.fields().site());
    if (token.account == key.account() && token.point == key.point() &&
        token.level >= key.level() && recovery_ok && lease_ok) {
      return absl::OkStatus();
    }
    return Error(reason::kEnrolmentInvalid,
                 "a key was not enrolled for what it is pinned for",
                 {{"token", key.token_id()}});
  }

 private:
  void AddGateways(const PinSet& pins) {
    for (const v1::PinnedGateway& gateway : pins.fields().gateways()) {
      gateways_.push_back({gateway.id(),
                           crypto::ToString(ChannelKeyOf(gateway.point())),
                           gateway.point()});
    }
  }

  // The keys of the account that may have approved: the believed ones and
  // those that the evidence made known.
  std::vector<AccountKey> KeysOf(const std::string& account) const {
    std::vector<AccountKey> keys;
    for (const auto& [id, token] : tokens_) {
      if (token.account != account || token.recovery) continue;
      keys.push_back({id, token.point, nullptr, false});
    }
    return keys;
  }

  // Whether nothing more is to be learnt from `candidate`.
  bool TakeOne(const Candidate& candidate) {
    const v1::EnrolmentProof& evidence = *candidate.evidence;
    const v1::EnrolArguments& arguments = candidate.arguments;
    const std::string& token = arguments.token_id();
    if (tokens_.count(token) > 0) return true;
    const AccountInputs in = InputsFor(candidate);
    const absl::Status status =
        VerifyAccountProof(evidence.command(), evidence.proof(), in).status();
    if (!status.ok()) {
      failures_[token] =
          Error(reason::kEnrolmentInvalid,
                absl::StrCat("an enrolment proof: ", status.message()),
                {{"token", token}, {"cause", ReasonOf(status)}});
      return false;
    }
    tokens_[token] = {candidate.account, in.new_key->point, arguments.level(),
                      arguments.recovery(), arguments.lease_site()};
    return true;
  }

  AccountInputs InputsFor(const Candidate& candidate) const {
    const v1::Registration& registration = candidate.evidence->registration();
    AccountInputs in;
    in.tenant = next_.fields().tenant();
    in.account = candidate.account;
    in.rp_id_hash = next_.fields().rp_id_hash();
    in.keys = KeysOf(candidate.account);
    in.new_key =
        AccountKey{candidate.arguments.token_id(), registration.public_key(),
                   nullptr, candidate.arguments.recovery()};
    in.registration = registration;
    in.gateways = gateways_;
    in.any_place = true;
    return in;
  }

  const PinSet& next_;
  Tokens tokens_;
  std::vector<AccountGateway> gateways_;
  // Why the enrolment of a token was not taken up.
  std::map<std::string, absl::Status> failures_;
};

}  // namespace

absl::StatusOr<VerifiedPins> VerifyPins(VerifiedCommand command,
                                        const PinSet* present,
                                        const v1::Evidence& evidence) {
  if (!command.next_pins().has_value()) {
    return Error(reason::kInternal, "the command brings no pin set");
  }
  RETURN_IF_ERROR(CheckEnrolments(*command.next_pins(), present,
                                  command.approvers(), evidence));
  return VerifiedPins(std::move(command));
}

absl::Status CheckEnrolments(
    const PinSet& next, const PinSet* present,
    const std::vector<std::pair<std::string, std::string>>& approvers,
    const v1::Evidence& evidence) {
  if (evidence.ByteSizeLong() > kMaxEvidence ||
      evidence.enrolments_size() > kMaxEnrolments) {
    return Error(reason::kEvidenceFormat, "the evidence is too large");
  }
  Enrolments enrolments(next, present,
                        BelievedTokens(next, present, approvers));
  std::vector<Candidate> candidates;
  for (const v1::EnrolmentProof& entry : evidence.enrolments()) {
    ASSIGN_OR_RETURN(Candidate candidate, ReadEnrolment(entry));
    candidates.push_back(std::move(candidate));
  }
  enrolments.Take(std::move(candidates));
  for (const v1::PinnedKey& key : next.fields().keys()) {
    RETURN_IF_ERROR(enrolments.Covers(key));
  }
  return absl::OkStatus();
}

}  // namespace u2fi::proof
