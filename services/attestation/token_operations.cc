#include "services/attestation/token_operations.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;

constexpr absl::string_view kSuspend = "u2fi.token.suspend";
constexpr absl::string_view kResume = "u2fi.token.resume";
constexpr absl::string_view kRevoke = "u2fi.token.revoke";
constexpr absl::string_view kRecover = "u2fi.token.recover";

v1::TokenState TargetOf(absl::string_view operation) {
  if (operation == kSuspend) return v1::TOKEN_STATE_SUSPENDED;
  if (operation == kResume) return v1::TOKEN_STATE_ACTIVE;
  return v1::TOKEN_STATE_REVOKED;
}

// A suspended token that is in quarantine besides stays there.
bool MayMove(v1::TokenState from, v1::TokenState to) {
  if (from == v1::TOKEN_STATE_REVOKED || from == to) return false;
  return from != v1::TOKEN_STATE_UNSPECIFIED;
}

// decisions.md A6: nobody but the owner of another token removes one.
absl::Status CheckAnotherApproved(const proof::VerifiedAccountCommand& verified,
                                  const std::string& token_id) {
  const std::vector<std::string>& tokens = verified.tokens();
  if (std::any_of(tokens.begin(), tokens.end(),
                  [&](const std::string& id) { return id != token_id; })) {
    return absl::OkStatus();
  }
  return Error(reason::kRuleNotSatisfied,
               "another token of the account has to approve");
}

absl::Status WrongState(const TokenRow& token) {
  return Error(reason::kTokenState, "the token is in another state",
               {{"state", StateText(token.state())}});
}

}  // namespace

struct TokenOperations::State {
  AccountView account;
  const Stored<TokenRow>* token = nullptr;
  absl::optional<proof::VerifiedAccountCommand> verified;
};

bool TokenOperations::Knows(absl::string_view operation) {
  return operation == kSuspend || operation == kResume ||
         operation == kRevoke || operation == kRecover;
}

absl::StatusOr<std::string> TokenOperations::Apply(const Act& act) {
  proof::v1::TokenArguments arguments;
  arguments.ParseFromString(act.command.arguments());
  State state;
  ASSIGN_OR_RETURN(state.account,
                   parts_.tokens.ReadAccount(act.tenant(), act.account));
  if (state.account.Live() == 0) {
    return Error(reason::kNoCredentials, "the account has no token");
  }
  state.token = state.account.Find(arguments.token_id());
  if (state.token == nullptr) {
    return Unknown(absl::StrCat("tokens/", arguments.token_id()));
  }
  ASSIGN_OR_RETURN(
      state.verified,
      VerifyAct(act, InputsFor(act, state.account, parts_.party, parts_.clock),
                parts_.party));
  const std::string& operation = act.command.operation();
  if (operation == kRecover) return Recover(act, state);
  if (operation == kRevoke) {
    RETURN_IF_ERROR(
        CheckAnotherApproved(*state.verified, arguments.token_id()));
  }
  return Move(act, state, TargetOf(operation));
}

absl::StatusOr<std::string> TokenOperations::Move(const Act& act,
                                                  const State& state,
                                                  v1::TokenState to) {
  const TokenRow& before = state.token->row;
  if (!MayMove(before.state(), to)) return WrongState(before);
  if (to == v1::TOKEN_STATE_ACTIVE) RETURN_IF_ERROR(CheckModel(before));
  TokenRow after = before;
  after.set_state(to);
  after.clear_state_reason();
  const std::string name = absl::StrCat("tokens/", after.token_id());
  Change change;
  change.transition.epoch = state.account.epoch;
  audit::RowContent content = RowOf(act, after);
  content.body.set_state_before(StateText(before.state()));
  content.body.set_state_after(StateText(to));
  change.rows.push_back(std::move(content));
  change.PutToken(*state.token, std::move(after));
  ExpectApprovers(state.account, *state.verified, change);
  RememberApplied(act, parts_.clock, name, change);
  RETURN_IF_ERROR(parts_.writer.Write(act.tenant(), std::move(change)));
  return name;
}

// A model that the metadata calls bad does not come back.
absl::Status TokenOperations::CheckModel(const TokenRow& token) {
  ASSIGN_OR_RETURN(const Metadata metadata, parts_.metadata.Current());
  const fido::MetadataEntry* bad = BadModelOf(metadata, token);
  if (bad == nullptr) return absl::OkStatus();
  return Error(
      reason::kTokenState, "the metadata calls its model bad",
      {{"state", StateText(token.state())}, {"status", bad->bad_status}});
}

absl::StatusOr<std::string> TokenOperations::Recover(const Act& act,
                                                     const State& state) {
  const TokenRow& token = state.token->row;
  const std::vector<std::string>& by = state.verified->tokens();
  if (std::count(by.begin(), by.end(), token.token_id()) == 0) {
    return Error(reason::kRuleNotSatisfied,
                 "the recovery token itself has to be touched");
  }
  Change change;
  change.transition.epoch = state.account.epoch;
  change.rows.push_back(RowOf(act, token));
  ASSIGN_OR_RETURN(const std::string name,
                   parts_.recoveries.BeginByToken(act.tenant(), act.account,
                                                  token.token_id(), change));
  ExpectApprovers(state.account, *state.verified, change);
  RememberApplied(act, parts_.clock, name, change);
  RETURN_IF_ERROR(parts_.writer.Write(act.tenant(), std::move(change)));
  parts_.recoveries.Count(v1::RECOVERY_STATE_WAITING);
  return name;
}

}  // namespace u2fi::attestation
