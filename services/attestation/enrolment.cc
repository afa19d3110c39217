#include "services/attestation/enrolment.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/token_rows.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/proof/v1/operations.pb.h"

namespace u2fi::attestation {
namespace {

using records::v1::AccountRow;
using records::v1::TokenRow;

// The command is about this registration in every respect.
absl::Status CheckArguments(const proof::v1::EnrolArguments& arguments,
                            const TokenRow& pending) {
  if (arguments.level() == pending.level() &&
      arguments.recovery() == pending.recovery() &&
      arguments.lease_site() == pending.lease_site()) {
    return absl::OkStatus();
  }
  return Error(reason::kEnrolmentInvalid,
               "the command gives the token other rights than it registered "
               "for");
}

bool IsSame(const proof::v1::Registration& a,
            const proof::v1::Registration& b) {
  return a.credential_id() == b.credential_id() &&
         a.public_key() == b.public_key() && a.attestation() == b.attestation();
}

// An account with tokens of which none may approve cannot enrol one as if it
// had none: revoked ones count, or who may revoke without a touch could join.
// A recovery token is never the first.
absl::Status CheckSomebodyMayApprove(const AccountView& account,
                                     const TokenRow& pending, bool recovering) {
  if (account.Active() > 0) return absl::OkStatus();
  if (pending.recovery()) {
    return Error(reason::kNoCredentials,
                 "a recovery token comes after one that approves");
  }
  if (account.tokens.empty() || recovering) return absl::OkStatus();
  return Error(reason::kNoCredentials,
               "the account has tokens, and none of them may approve");
}

}  // namespace

// What is read before the decision.
struct Enrolment::State {
  proof::v1::EnrolArguments arguments;
  RegistrationView view;
  AccountView account;
  // A recovery lets the token in as if it were the first.
  bool recovering = false;

  const TokenRow& pending() const { return view.pending.row.token(); }
};

absl::StatusOr<std::string> Enrolment::Apply(const Act& act) {
  State state;
  RETURN_IF_ERROR(Read(act, state));
  RETURN_IF_ERROR(CheckArguments(state.arguments, state.pending()));
  RETURN_IF_ERROR(CheckSomebodyMayApprove(state.account, state.pending(),
                                          state.recovering));
  ASSIGN_OR_RETURN(const proof::VerifiedAccountCommand verified,
                   Verify(act, state));
  RETURN_IF_ERROR(CheckRoom(act, state));
  RETURN_IF_ERROR(parts_.tokens.RememberTenant(act.tenant(), state.view.epoch));
  RETURN_IF_ERROR(Commit(act, state, verified));
  return absl::StrCat("tokens/", state.pending().token_id());
}

absl::Status Enrolment::Read(const Act& act, State& state) {
  state.arguments.ParseFromString(act.command.arguments());
  const proof::v1::Registration& registration =
      act.request.evidence().registration();
  TokenRow named;
  named.set_token_id(state.arguments.token_id());
  named.set_account(act.account);
  named.set_credential_id(registration.credential_id());
  named.set_public_key(registration.public_key());
  ASSIGN_OR_RETURN(state.view,
                   parts_.tokens.ReadForRegistration(act.tenant(), "", named));
  const auto now = static_cast<uint64_t>(UnixMillis(parts_.clock));
  if (!state.view.pending.exists() ||
      state.pending().account() != act.account ||
      now > state.view.pending.row.execute_by_ms() ||
      !IsSame(registration, RegistrationOf(state.pending()))) {
    return Error(reason::kRegistrationUnknown,
                 "this registration was not verified here");
  }
  ASSIGN_OR_RETURN(state.account,
                   parts_.tokens.ReadAccount(act.tenant(), act.account));
  ASSIGN_OR_RETURN(state.recovering,
                   parts_.recoveries.IsOpen(act.tenant(), state.account));
  return absl::OkStatus();
}

absl::StatusOr<proof::VerifiedAccountCommand> Enrolment::Verify(
    const Act& act, const State& state) {
  proof::AccountInputs inputs =
      InputsFor(act, state.account, parts_.party, parts_.clock);
  if (state.recovering && !state.pending().recovery()) inputs.keys.clear();
  inputs.new_key = KeyOf(state.pending());
  // Its own touch counts here, whatever it is kept for afterwards.
  inputs.new_key->recovery = false;
  inputs.registration = RegistrationOf(state.pending());
  return VerifyAct(act, inputs, parts_.party);
}

absl::Status Enrolment::CheckRoom(const Act& act, const State& state) {
  if (state.view.credential_taken || state.view.key_taken) {
    return Error(reason::kCredentialExists, "the credential is taken");
  }
  ASSIGN_OR_RETURN(const EnrolmentRules rules,
                   parts_.policy.RulesOf(act.tenant()));
  // The metadata may have changed since the registration.
  if (const auto* bad = BadModelOf(rules.metadata, state.pending())) {
    return Error(reason::kAttestationRevoked, "metadata calls the model bad",
                 {{"status", bad->bad_status}});
  }
  const auto live = static_cast<size_t>(state.account.Live());
  if (live < rules.tokens_per_account &&
      state.account.tokens.size() < kMaxTokensEver) {
    return absl::OkStatus();
  }
  return Error(reason::kCredentialLimit, "the account has its tokens");
}

absl::Status Enrolment::Commit(const Act& act, const State& state,
                               const proof::VerifiedAccountCommand& verified) {
  const TokenRow& token = state.pending();
  const std::string name = absl::StrCat("tokens/", token.token_id());
  AccountRow owner = state.account.account.row;
  owner.set_schema(1);
  owner.add_token_ids(token.token_id());
  Change change;
  change.transition.epoch = state.view.epoch;
  change.PutToken(Stored<TokenRow>(), token);
  change.Put(AccountKeyOf(act.account), state.account.account, owner);
  for (const std::string& key : {CredentialKeyOf(token.credential_id()),
                                 PublicKeyKeyOf(token.public_key())}) {
    change.transition.expect.push_back({key, u2fi::store::kAbsent});
    change.transition.put.push_back({key, token.token_id()});
  }
  change.transition.remove = {PendingKey(token.token_id())};
  // From now on it is kept.
  if (state.view.counter.exists()) {
    change.Put(CounterKey(token.token_id()), state.view.counter,
               state.view.counter.row);
  }
  audit::RowContent content = RowOf(act, token);
  *content.body.mutable_evidence()->mutable_registration() =
      act.request.evidence().registration();
  content.body.set_state_after("ACTIVE");
  change.rows.push_back(std::move(content));
  const bool ends_recovery = state.recovering && !token.recovery();
  if (ends_recovery) {
    RETURN_IF_ERROR(parts_.recoveries.Finish(act.tenant(), state.account,
                                             token.token_id(), change));
  }
  ExpectApprovers(state.account, verified, change);
  RememberApplied(act, parts_.clock, name, change);
  RETURN_IF_ERROR(parts_.writer.Write(act.tenant(), std::move(change)));
  if (ends_recovery) parts_.recoveries.Count(v1::RECOVERY_STATE_DONE);
  return absl::OkStatus();
}

}  // namespace u2fi::attestation
