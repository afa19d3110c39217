#include "services/device-registry/token_acts.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_act.h"
#include "services/device-registry/deny_list.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::device_registry {
namespace {

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
  AccountAct act_;
  std::string token_;
};

absl::StatusOr<std::string> TokenAct::Run() {
  constexpr absl::Status (TokenAct::*kSteps[])() = {
      &TokenAct::ReadAccount, &TokenAct::CheckProof, &TokenAct::CheckAnother,
      &TokenAct::PutKey};
  for (const auto step : kSteps) RETURN_IF_ERROR((this->*step)());
  return Put();
}

int TokenAct::KeyIndex() const {
  const auto& keys = act_.row.account().keys();
  for (int i = 0; i < keys.size(); ++i) {
    if (keys.Get(i).token_id() == token_) return i;
  }
  return -1;
}

absl::Status TokenAct::ReadAccount() {
  ASSIGN_OR_RETURN(act_, ReadAccountAct(change_, in_));
  ASSIGN_OR_RETURN(const auto arguments,
                   ArgumentsOf<proof::v1::TokenArguments>(in_));
  token_ = arguments.token_id();
  if (KeyIndex() >= 0) return absl::OkStatus();
  return UnknownResource(absl::StrCat("tokens/", token_));
}

absl::Status TokenAct::CheckProof() {
  return VerifyAccountAct(change_, in_, act_, rp_id_hash_);
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
  auto& keys = *act_.account().mutable_keys();
  if (!revokes()) {
    keys.Mutable(KeyIndex())->set_active(in_.command.operation() == kResume);
    return absl::OkStatus();
  }
  keys.DeleteSubrange(KeyIndex(), 1);
  return DenyToken(change_, in_.now_ms, act_.id, token_);
}

std::string TokenAct::Put() {
  return PutAccountAct(change_, in_, std::move(act_),
                       {absl::StrCat("tokens/", token_)});
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
