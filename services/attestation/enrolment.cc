#include "services/attestation/enrolment.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/attestation/token_rows.h"
#include "services/common/audit/row.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::AccountRow;
using records::v1::TokenRow;
using ::u2fi::store::Durability;

constexpr int kTries = 4;
// Longer than any execute_by: an old command never becomes new again.
constexpr absl::Duration kAppliedKept = absl::Hours(24 * 40);

// Keys that device kits can check are points; others verify by themselves.
proof::AccountKey KeyOf(const TokenRow& token) {
  proof::AccountKey key;
  key.token_id = token.token_id();
  key.recovery = token.recovery();
  if (token.public_key().size() == crypto::kP256PointSize) {
    key.point = token.public_key();
  }
  return key;
}

std::vector<proof::AccountKey> ActiveKeys(const AccountView& account) {
  std::vector<proof::AccountKey> keys;
  for (const Stored<TokenRow>& token : account.tokens) {
    if (token.row.state() == v1::TOKEN_STATE_ACTIVE) {
      keys.push_back(KeyOf(token.row));
    }
  }
  return keys;
}

// An account with tokens of which none may approve cannot enrol one as if it
// had none.
absl::Status CheckSomebodyMayApprove(const AccountView& account) {
  bool any = false;
  for (const Stored<TokenRow>& token : account.tokens) {
    if (token.row.state() == v1::TOKEN_STATE_ACTIVE) return absl::OkStatus();
    any = any || token.row.state() != v1::TOKEN_STATE_REVOKED;
  }
  if (!any) return absl::OkStatus();
  return Error(reason::kNoCredentials,
               "the account has tokens, and none of them may approve");
}

proof::v1::Proof ProofOf(const v1::ApplyRequest& request) {
  proof::v1::Proof proof;
  *proof.mutable_approvals() = request.approvals();
  proof.set_index(request.items(0).index());
  *proof.mutable_path() = request.items(0).path();
  return proof;
}

v1::ApplyResponse Applied(const std::string& command_id,
                          const std::string& token_id, bool before) {
  v1::ApplyResponse response;
  common::v1::ApplyResult& result = *response.add_results();
  result.set_command_id(command_id);
  result.set_already_applied(before);
  result.set_resource(absl::StrCat("tokens/", token_id));
  return response;
}

}  // namespace

struct Enrolment::Act {
  const v1::ApplyRequest& request;
  proof::v1::Command command;
  proof::v1::EnrolArguments arguments;
  std::string account;

  const std::string& bytes() const { return request.items(0).command(); }
};

absl::StatusOr<v1::ApplyResponse> Enrolment::Apply(
    const v1::ApplyRequest& request) {
  if (request.items().empty()) return FieldError("items", "is empty");
  if (request.items_size() != 1) {
    return Error(reason::kUnimplemented, "batches are not there yet");
  }
  Act act{request, {}, {}, {}};
  ASSIGN_OR_RETURN(act.command, proof::ParseCommand(act.bytes()));
  if (act.command.operation() != proof::kOperationEnrol) {
    return Error(reason::kUnimplemented,
                 absl::StrCat(act.command.operation(), " is not there yet"));
  }
  RETURN_IF_ERROR(proof::CheckArguments(act.command));
  act.arguments.ParseFromString(act.command.arguments());
  act.account = std::string(*proof::AccountOfTarget(act.command.device()));
  for (int i = 1; i < kTries; ++i) {
    absl::StatusOr<v1::ApplyResponse> response = ApplyOnce(act);
    if (!IsReason(response.status(), reason::kStoreAborted)) return response;
  }
  return ApplyOnce(act);
}

absl::StatusOr<v1::ApplyResponse> Enrolment::ApplyOnce(const Act& act) {
  const std::string& tenant = act.request.tenant();
  ASSIGN_OR_RETURN(const bool applied,
                   tokens_.IsApplied(tenant, act.command.command_id()));
  if (applied) {
    return Applied(act.command.command_id(), act.arguments.token_id(), true);
  }
  TokenRow named;
  named.set_token_id(act.arguments.token_id());
  named.set_account(act.account);
  named.set_credential_id(
      act.request.evidence().registration().credential_id());
  named.set_public_key(act.request.evidence().registration().public_key());
  ASSIGN_OR_RETURN(const RegistrationView view,
                   tokens_.ReadForRegistration(tenant, "", named));
  if (!view.pending.exists() ||
      view.pending.row.token().account() != act.account) {
    return Error(reason::kRegistrationUnknown,
                 "this registration was not verified here");
  }
  ASSIGN_OR_RETURN(const AccountView account,
                   tokens_.ReadAccount(tenant, act.account));
  RETURN_IF_ERROR(CheckSomebodyMayApprove(account));
  RETURN_IF_ERROR(Verify(act, account, view.pending.row.token()).status());
  if (view.credential_taken || view.key_taken) {
    return Error(reason::kCredentialExists, "the credential is taken");
  }
  if (account.account.row.token_ids_size() >= kMaxTokensPerAccount) {
    return Error(reason::kCredentialLimit, "the account has 16 tokens");
  }
  RETURN_IF_ERROR(Commit(act, account, view));
  return Applied(act.command.command_id(), act.arguments.token_id(), false);
}

absl::StatusOr<proof::VerifiedAccountCommand> Enrolment::Verify(
    const Act& act, const AccountView& account, const TokenRow& pending) {
  proof::AccountInputs inputs;
  inputs.tenant = act.request.tenant();
  inputs.account = act.account;
  inputs.rp_id_hash = crypto::ToString(crypto::Sha256(rp_id_));
  inputs.keys = ActiveKeys(account);
  inputs.new_key = KeyOf(pending);
  inputs.registration = RegistrationOf(pending);
  // Which gateways the account believes is the registry's to say: its Apply
  // asks for the place.
  inputs.any_place = true;
  inputs.now_ms = static_cast<uint64_t>(UnixMillis(clock_));
  return proof::VerifyAccountProof(act.bytes(), ProofOf(act.request), inputs);
}

absl::Status Enrolment::Commit(const Act& act, const AccountView& account,
                               const RegistrationView& view) {
  const TokenRow& token = view.pending.row.token();
  AccountRow owner = account.account.row;
  owner.set_schema(1);
  owner.add_token_ids(token.token_id());
  const std::string credential = CredentialKeyOf(token.credential_id());
  const std::string key = PublicKeyKeyOf(token.public_key());
  const std::string applied = AppliedKey(act.command.command_id());
  audit::Transition transition;
  transition.epoch = view.epoch;
  transition.durability = Durability::kReplicated;
  transition.expect = {{TokenKey(token.token_id()), store::kAbsent},
                       {AccountKeyOf(act.account), account.account.version},
                       {credential, store::kAbsent},
                       {key, store::kAbsent},
                       {applied, store::kAbsent}};
  transition.put = {{TokenKey(token.token_id()), token.SerializeAsString()},
                    {AccountKeyOf(act.account), owner.SerializeAsString()},
                    {credential, token.token_id()},
                    {key, token.token_id()},
                    {applied, token.token_id(), clock_.Now() + kAppliedKept}};
  transition.remove = {PendingKey(token.token_id())};
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_TOKEN;
  content.subjects = {absl::StrCat("tokens/", token.token_id()),
                      absl::StrCat("accounts/", act.account),
                      absl::StrCat("commands/", act.command.command_id())};
  content.body.set_command(act.bytes());
  *content.body.mutable_approvals() = act.request.approvals();
  content.body.mutable_evidence()->mutable_registration()->CopyFrom(
      act.request.evidence().registration());
  content.body.set_state_after("ACTIVE");
  ASSIGN_OR_RETURN(audit::PreparedRow row,
                   audit::PreparedRow::Make(std::move(content), random_));
  transition.rows.push_back(std::move(row));
  RETURN_IF_ERROR(
      decider_.Decide(act.request.tenant(), std::move(transition)).status());
  events_.Publish(act.request.tenant(), token);
  return absl::OkStatus();
}

}  // namespace u2fi::attestation
