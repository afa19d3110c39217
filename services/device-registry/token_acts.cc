#include "services/device-registry/token_acts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_touches.h"
#include "services/device-registry/deny_list.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::AccountRow;

constexpr absl::string_view kSuspend = "u2fi.token.suspend";
constexpr absl::string_view kResume = "u2fi.token.resume";
constexpr absl::string_view kRevoke = "u2fi.token.revoke";

// The state of one ApplyTokenAct().
class TokenAct {
 public:
  TokenAct(Change& change, const ApplyCase& in, const std::string& rp_id_hash)
      : change_(change), in_(in), rp_id_hash_(rp_id_hash) {}

  absl::StatusOr<std::string> Run();

 private:
  absl::Status ReadAccount();
  absl::Status CheckProof();
  absl::Status CheckAnother();
  absl::Status PutKey();
  std::string Put();

  // The place of the token among the account's keys, or -1.
  int KeyIndex() const;
  bool revokes() const { return in_.command.operation() == kRevoke; }

  Change& change_;
  const ApplyCase& in_;
  const std::string& rp_id_hash_;
  std::string account_;
  std::string token_;
  AccountRow row_;
};

absl::StatusOr<std::string> TokenAct::Run() {
  constexpr absl::Status (TokenAct::*kSteps[])() = {
      &TokenAct::ReadAccount, &TokenAct::CheckProof, &TokenAct::CheckAnother,
      &TokenAct::PutKey};
  for (const auto step : kSteps) RETURN_IF_ERROR((this->*step)());
  return Put();
}

int TokenAct::KeyIndex() const {
  const auto& keys = row_.account().keys();
  for (int i = 0; i < keys.size(); ++i) {
    if (keys.Get(i).token_id() == token_) return i;
  }
  return -1;
}

absl::Status TokenAct::ReadAccount() {
  if (!in_.request.transaction().empty()) {
    return FieldError("transaction", "goes with a pin set only");
  }
  const auto target = proof::AccountOfTarget(in_.command.device());
  if (!target.has_value()) {
    return Error(reason::kCommandFormat, "the command is not on an account");
  }
  account_ = std::string(*target);
  ASSIGN_OR_RETURN(const auto arguments,
                   proof::Parse<proof::v1::TokenArguments>(
                       in_.command.arguments(), proof::kMaxArguments,
                       reason::kArgumentsFormat));
  token_ = arguments.token_id();
  ASSIGN_OR_RETURN(row_, RequireAccount(change_, account_));
  if (KeyIndex() >= 0) return absl::OkStatus();
  return UnknownResource(absl::StrCat("tokens/", token_));
}

absl::Status TokenAct::CheckProof() {
  ASSIGN_OR_RETURN(const AccountTouches touches,
                   AccountTouches::Read(change_, in_));
  ASSIGN_OR_RETURN(
      const proof::AccountInputs inputs,
      touches.InputsFor(in_, account_, row_.account(), rp_id_hash_));
  return proof::VerifyAccountProof(in_.bytes, in_.proof, inputs).status();
}

absl::Status TokenAct::CheckAnother() {
  if (!revokes()) return absl::OkStatus();
  const auto& approvals = in_.proof.approvals();
  if (std::any_of(approvals.begin(), approvals.end(),
                  [&](const proof::v1::Approval& approval) {
                    return approval.token_id() != token_;
                  })) {
    return absl::OkStatus();
  }
  return Error(reason::kRuleNotSatisfied,
               "another token of the account has to approve");
}

absl::Status TokenAct::PutKey() {
  auto& keys = *row_.mutable_account()->mutable_keys();
  if (!revokes()) {
    keys.Mutable(KeyIndex())->set_active(in_.command.operation() == kResume);
    return absl::OkStatus();
  }
  keys.DeleteSubrange(KeyIndex(), 1);
  return DenyToken(change_, account_, token_);
}

std::string TokenAct::Put() {
  audit::RowContent content = RowAboutCase(audit::v1::ROW_KIND_ADMIN, in_);
  std::string name = AccountName(account_);
  content.subjects.push_back(name);
  content.subjects.push_back(absl::StrCat("tokens/", token_));
  change_.Audit(std::move(content));
  PutAccount(change_, std::move(row_));
  return name;
}

}  // namespace

bool IsTokenAct(absl::string_view operation) {
  return operation == kSuspend || operation == kResume || operation == kRevoke;
}

absl::StatusOr<std::string> ApplyTokenAct(Change& change, const ApplyCase& in,
                                          const std::string& rp_id_hash) {
  return TokenAct(change, in, rp_id_hash).Run();
}

}  // namespace u2fi::device_registry
