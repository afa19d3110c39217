#include "services/attestation/token_operations.h"

#include <algorithm>
#include <set>
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

// The account as it was read, and as the acts so far leave it.
struct TokenOperations::State {
  AccountView read;
  AccountView now;
  std::set<std::string> moved;
  std::vector<proof::VerifiedAccountCommand> verified;
  Change change;
  bool recovers = false;

  TokenRow* Find(const std::string& token_id) {
    for (Stored<TokenRow>& token : now.tokens) {
      if (token.row.token_id() == token_id) return &token.row;
    }
    return nullptr;
  }
};

bool TokenOperations::Knows(absl::string_view operation) {
  return operation == kSuspend || operation == kResume ||
         operation == kRevoke || operation == kRecover;
}

absl::StatusOr<std::vector<std::string>> TokenOperations::Apply(
    const std::vector<Act>& acts) {
  State state;
  ASSIGN_OR_RETURN(
      state.read, parts_.tokens.ReadAccount(acts[0].tenant(), acts[0].account));
  state.now = state.read;
  std::vector<std::string> names;
  for (const Act& act : acts) {
    ASSIGN_OR_RETURN(std::string name, Carry(act, state));
    names.push_back(std::move(name));
  }
  RETURN_IF_ERROR(Commit(acts, names, std::move(state)));
  return names;
}

absl::StatusOr<std::string> TokenOperations::Carry(const Act& act,
                                                   State& state) {
  proof::v1::TokenArguments arguments;
  arguments.ParseFromString(act.command.arguments());
  if (state.now.Live() == 0) {
    return Error(reason::kNoCredentials, "the account has no token");
  }
  TokenRow* const token = state.Find(arguments.token_id());
  if (token == nullptr) {
    return Unknown(absl::StrCat("tokens/", arguments.token_id()));
  }
  ASSIGN_OR_RETURN(
      proof::VerifiedAccountCommand verified,
      VerifyAct(act, InputsFor(act, state.now, parts_.party, parts_.clock),
                parts_.party));
  const std::string& operation = act.command.operation();
  if (operation == kRevoke) {
    RETURN_IF_ERROR(CheckAnotherApproved(verified, arguments.token_id()));
  }
  ASSIGN_OR_RETURN(std::string name, operation == kRecover
                                         ? Recover(act, verified, *token, state)
                                         : Move(act, *token, state));
  state.verified.push_back(std::move(verified));
  return name;
}

absl::StatusOr<std::string> TokenOperations::Move(const Act& act,
                                                  TokenRow& token,
                                                  State& state) {
  const v1::TokenState to = TargetOf(act.command.operation());
  const v1::TokenState from = token.state();
  if (!MayMove(from, to)) return WrongState(token);
  if (to == v1::TOKEN_STATE_ACTIVE) RETURN_IF_ERROR(CheckModel(token));
  token.set_state(to);
  token.clear_state_reason();
  audit::RowContent content = RowOf(act, token);
  content.body.set_state_before(StateText(from));
  content.body.set_state_after(StateText(to));
  state.change.rows.push_back(std::move(content));
  state.moved.insert(token.token_id());
  return absl::StrCat("tokens/", token.token_id());
}

absl::Status TokenOperations::Commit(const std::vector<Act>& acts,
                                     const std::vector<std::string>& names,
                                     State state) {
  Change& change = state.change;
  change.transition.epoch = state.read.epoch;
  for (const std::string& id : state.moved) {
    change.PutToken(*state.read.Find(id), *state.Find(id));
  }
  for (const proof::VerifiedAccountCommand& verified : state.verified) {
    ExpectApprovers(state.read, verified, change);
  }
  for (size_t i = 0; i < acts.size(); ++i) {
    RememberApplied(acts[i], parts_.clock, names[i], change);
  }
  RETURN_IF_ERROR(
      parts_.writer.Write(acts[0].tenant(), std::move(state.change)));
  if (state.recovers) parts_.recoveries.Count(v1::RECOVERY_STATE_WAITING);
  return absl::OkStatus();
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

absl::StatusOr<std::string> TokenOperations::Recover(
    const Act& act, const proof::VerifiedAccountCommand& verified,
    const TokenRow& token, State& state) {
  const std::vector<std::string>& by = verified.tokens();
  if (std::count(by.begin(), by.end(), token.token_id()) == 0) {
    return Error(reason::kRuleNotSatisfied,
                 "the recovery token itself has to be touched");
  }
  state.change.rows.push_back(RowOf(act, token));
  state.recovers = true;
  return parts_.recoveries.BeginByToken(act.tenant(), act.account,
                                        token.token_id(), state.change);
}

}  // namespace u2fi::attestation
