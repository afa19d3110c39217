#include "services/common/proof/account_proof.h"

#include <algorithm>

#include "services/common/proof/assertion.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/merkle.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::proof {
namespace {

constexpr absl::string_view kRecover = "u2fi.token.recover";
constexpr absl::string_view kResume = "u2fi.token.resume";

absl::Status Refuse(const Reason& reason, absl::string_view message) {
  return Error(reason, message);
}

// The token that a `u2fi.token.*` is about. The form of its arguments was
// checked with the command's.
std::string TokenInArguments(const v1::Command& command) {
  v1::TokenArguments arguments;
  arguments.ParseFromString(command.arguments());
  return arguments.token_id();
}

}  // namespace

// The state of one VerifyAccountProof().
class AccountVerification {
 public:
  AccountVerification(absl::string_view command_bytes, const v1::Proof& proof,
                      const AccountInputs& in)
      : in_(in), bytes_(command_bytes), proof_(proof) {}

  absl::StatusOr<VerifiedAccountCommand> Run();

 private:
  absl::Status Sizes();
  absl::Status Format();
  absl::Status Agreement() { return approvals_->CheckAgreement(); }
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

  absl::Status CheckPlace(const v1::AuthorizationStatement& statement);
  absl::Status CheckEnrolment();
  const AccountGateway* FindGateway(absl::string_view id) const;
  const AccountKey* FindKey(absl::string_view token) const;
  bool IsNewKey(absl::string_view token) const {
    return in_.new_key.has_value() && in_.new_key->token_id == token;
  }
  bool enrols() const { return command_.operation() == kOperationEnrol; }
  const ParsedApproval& approval(size_t i) const {
    return approvals_->list()[i];
  }

  const AccountInputs& in_;
  const absl::string_view bytes_;
  const v1::Proof& proof_;
  v1::Command command_;
  absl::optional<Approvals> approvals_;
  std::vector<ClientData> client_data_;
};

absl::StatusOr<VerifiedAccountCommand> AccountVerification::Run() {
  struct Step {
    const char* name;
    absl::Status (AccountVerification::*run)();
  };
  static constexpr Step kSteps[] = {
      {"sizes", &AccountVerification::Sizes},
      {"format", &AccountVerification::Format},
      {"agreement", &AccountVerification::Agreement},
      {"purpose", &AccountVerification::PurposeStep},
      {"target", &AccountVerification::Target},
      {"deadlines", &AccountVerification::Deadlines},
      {"path", &AccountVerification::Path},
      {"", &AccountVerification::EachApproval},
      {"rule", &AccountVerification::RuleStep}};
  for (const Step& step : kSteps) {
    const absl::Status status = (this->*step.run)();
    if (status.ok()) continue;
    return *step.name == '\0' ? status : AtStep(step.name, status);
  }
  VerifiedAccountCommand result;
  result.command_ = command_;
  result.bytes_ = std::string(bytes_);
  result.account_ = in_.account;
  result.purpose_ = approvals_->common().purpose();
  for (const ParsedApproval& approval : approvals_->list()) {
    result.tokens_.push_back(approval.raw.token_id());
  }
  return result;
}

absl::Status AccountVerification::EachApproval() {
  struct Step {
    const char* name;
    absl::Status (AccountVerification::*run)(size_t);
  };
  static constexpr Step kSteps[] = {
      {"challenge", &AccountVerification::Challenge},
      {"client_data", &AccountVerification::ClientDataStep},
      {"rp_id_hash", &AccountVerification::RpIdHash},
      {"flags", &AccountVerification::Flags},
      {"token", &AccountVerification::Token},
      {"signature", &AccountVerification::Signature},
      {"relay", &AccountVerification::Relay}};
  client_data_.resize(approvals_->list().size());
  for (size_t i = 0; i < client_data_.size(); ++i) {
    for (const Step& step : kSteps) {
      const absl::Status status = (this->*step.run)(i);
      if (!status.ok()) return AtStep(step.name, status);
    }
  }
  return absl::OkStatus();
}

absl::Status AccountVerification::Sizes() {
  if (bytes_.size() > kMaxCommand || proof_.ByteSizeLong() > kMaxProof) {
    return Refuse(reason::kProofSize, "command or proof is too large");
  }
  return CheckSizes(proof_.approvals());
}

absl::Status AccountVerification::Format() {
  ASSIGN_OR_RETURN(command_, ParseCommand(bytes_));
  RETURN_IF_ERROR(CheckArguments(command_));
  ASSIGN_OR_RETURN(approvals_, Approvals::Parse(proof_.approvals()));
  return absl::OkStatus();
}

absl::Status AccountVerification::PurposeStep() {
  const v1::Purpose purpose = approvals_->common().purpose();
  RETURN_IF_ERROR(CheckPurpose(command_.operation(), purpose));
  if (IsOnAccount(purpose)) return absl::OkStatus();
  return Refuse(reason::kPurposeNotAllowed,
                "acts on devices are verified with a pin set");
}

absl::Status AccountVerification::Target() {
  if (approvals_->common().tenant() != in_.tenant) {
    return Refuse(reason::kTenantMismatch, "approved for another tenant");
  }
  if (AccountOfTarget(command_.device()) != in_.account) {
    return Refuse(reason::kAccountMismatch, "the act is on another account");
  }
  for (const ParsedApproval& approval : approvals_->list()) {
    if (approval.statement.account() != in_.account) {
      return Refuse(reason::kAccountMismatch, "approved by another account");
    }
    RETURN_IF_ERROR(CheckPlace(approval.statement));
  }
  return absl::OkStatus();
}

absl::Status AccountVerification::CheckPlace(
    const v1::AuthorizationStatement& statement) {
  const auto& portals = in_.browser_channel_keys;
  const std::string& key = statement.channel_key();
  if (in_.any_place) return absl::OkStatus();
  if (statement.approver_gateway().empty()) {
    if (std::count(portals.begin(), portals.end(), key) > 0) {
      return absl::OkStatus();
    }
    return Refuse(reason::kBrowserNotAllowed, "approved in another portal");
  }
  if (enrols() && in_.keys.empty()) return absl::OkStatus();
  const AccountGateway* gateway = FindGateway(statement.approver_gateway());
  if (gateway == nullptr) {
    return Refuse(reason::kPlaceNotAllowed,
                  "the gateway is not one of the account's own");
  }
  if (gateway->channel_key == key) return absl::OkStatus();
  return Refuse(reason::kChannelKeyMismatch,
                "the statement is for another key of the gateway");
}

absl::Status AccountVerification::Deadlines() {
  for (const ParsedApproval& approval : approvals_->list()) {
    RETURN_IF_ERROR(CheckDeadlineBounds(approval.statement));
    if (approval.raw.touched_at_ms() > approval.statement.approve_by_ms()) {
      return Refuse(reason::kApproveByPassed, "the touch came too late");
    }
  }
  const uint64_t execute_by = approvals_->common().execute_by_ms();
  if (in_.now_ms > execute_by && in_.now_ms - execute_by > in_.skew_ms) {
    return Refuse(reason::kExecuteByPassed, "the time to execute has passed");
  }
  return absl::OkStatus();
}

absl::Status AccountVerification::Path() {
  if (command_.index() != proof_.index()) {
    return Refuse(reason::kPathInvalid, "the command has another index");
  }
  const v1::AuthorizationStatement& statement = approvals_->common();
  return VerifyPath(Leaf(bytes_), proof_.index(), statement.batch_size(),
                    proof_.path(), statement.batch_root());
}

absl::Status AccountVerification::Challenge(size_t i) {
  ASSIGN_OR_RETURN(client_data_[i],
                   ParseClientData(approval(i).raw.client_data()));
  return CheckChallenge(client_data_[i], approval(i).challenge);
}

absl::Status AccountVerification::ClientDataStep(size_t i) {
  const v1::AuthorizationStatement& statement = approval(i).statement;
  ExpectedPlace place;
  place.channel_key = statement.channel_key();
  if (!statement.approver_gateway().empty()) {
    place.gateway = {statement.tenant(), "", statement.approver_gateway()};
  }
  return CheckClientData(client_data_[i], place);
}

absl::Status AccountVerification::RpIdHash(size_t i) {
  const absl::string_view data = approval(i).raw.authenticator_data();
  if (data.substr(0, 32) == in_.rp_id_hash) return absl::OkStatus();
  return Refuse(reason::kRpIdHashMismatch,
                "the key signed for another relying party");
}

absl::Status AccountVerification::Flags(size_t i) {
  ASSIGN_OR_RETURN(const AuthenticatorData data,
                   ReadAuthenticatorData(approval(i).raw.authenticator_data(),
                                         client_data_[i].is_u2f, false));
  if (!approval(i).statement.required().uv() || data.user_verified) {
    return absl::OkStatus();
  }
  return Refuse(reason::kUserVerification,
                "user verification was asked for and not done");
}

absl::Status AccountVerification::Token(size_t i) {
  const std::string& token = approval(i).raw.token_id();
  const AccountKey* key = FindKey(token);
  if (key == nullptr) {
    return Refuse(reason::kTokenNotPinned, "the token is not the account's");
  }
  const bool recovers = command_.operation() == kRecover;
  if (key->recovery == recovers || IsNewKey(token)) return absl::OkStatus();
  return Refuse(reason::kTokenRole, "the token is not for this act");
}

absl::Status AccountVerification::Signature(size_t i) {
  const v1::Approval& raw = approval(i).raw;
  const AccountKey& key = *FindKey(raw.token_id());
  if (!key.point.empty()) return approvals_->CheckSignature(i, key.point);
  const std::string bytes =
      SignedBytes(raw.authenticator_data(), raw.client_data());
  if (key.check && key.check(bytes, raw.signature()).ok()) {
    return absl::OkStatus();
  }
  return Refuse(reason::kSignatureInvalid,
                "the token's signature does not verify");
}

absl::Status AccountVerification::Relay(size_t i) {
  const v1::Approval& raw = approval(i).raw;
  if (approval(i).from_browser()) {
    if (raw.touched_at_ms() == 0 && raw.relay_signature().empty()) {
      return absl::OkStatus();
    }
    return Refuse(reason::kRelayInvalid, "a browser relays nothing");
  }
  const AccountGateway* gateway =
      FindGateway(approval(i).statement.approver_gateway());
  // U2F client data hold the point behind channel_key.
  absl::string_view point = client_data_[i].gateway_point;
  if (gateway != nullptr && !gateway->point.empty()) point = gateway->point;
  if (point.empty() && in_.relays_checked_elsewhere &&
      !client_data_[i].is_u2f && raw.touched_at_ms() != 0 &&
      !raw.relay_signature().empty()) {
    return absl::OkStatus();
  }
  if (point.empty() || raw.touched_at_ms() == 0) {
    return Refuse(reason::kRelayInvalid,
                  "a touch at a gateway is relayed by a known key");
  }
  return approvals_->CheckRelay(i, point);
}

absl::Status AccountVerification::RuleStep() {
  if (enrols()) return CheckEnrolment();
  if (command_.operation() != kResume) return absl::OkStatus();
  const std::string resumed = TokenInArguments(command_);
  for (const ParsedApproval& approval : approvals_->list()) {
    if (approval.raw.token_id() != resumed) return absl::OkStatus();
  }
  return Refuse(reason::kRuleNotSatisfied,
                "another token of the account resumes a token");
}

absl::Status AccountVerification::CheckEnrolment() {
  v1::EnrolArguments arguments;
  arguments.ParseFromString(command_.arguments());
  if (!IsNewKey(arguments.token_id()) ||
      arguments.registration_digest() !=
          crypto::View(RegistrationDigest(in_.registration))) {
    return Refuse(reason::kEnrolmentInvalid,
                  "the command is about another registration");
  }
  bool by_new = false, by_enrolled = in_.keys.empty();
  for (const ParsedApproval& approval : approvals_->list()) {
    (IsNewKey(approval.raw.token_id()) ? by_new : by_enrolled) = true;
  }
  if (by_new && by_enrolled) return absl::OkStatus();
  return Refuse(reason::kRuleNotSatisfied,
                "enrolment needs the new key and an enrolled one");
}

const AccountGateway* AccountVerification::FindGateway(
    absl::string_view id) const {
  for (const AccountGateway& gateway : in_.gateways) {
    if (gateway.id == id) return &gateway;
  }
  return nullptr;
}

const AccountKey* AccountVerification::FindKey(absl::string_view token) const {
  for (const AccountKey& key : in_.keys) {
    if (key.token_id == token) return &key;
  }
  return enrols() && IsNewKey(token) ? &*in_.new_key : nullptr;
}

absl::StatusOr<VerifiedAccountCommand> VerifyAccountProof(
    absl::string_view command_bytes, const v1::Proof& proof,
    const AccountInputs& in) {
  return AccountVerification(command_bytes, proof, in).Run();
}

}  // namespace u2fi::proof
