#include "services/attestation/account_proofs.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/fido/stored_key.h"
#include "services/common/proof/assertion.h"
#include "services/common/proof/statement.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;

// Longer than any execute_by: an old command never becomes new again.
constexpr absl::Duration kAppliedKept = absl::Hours(24 * 40);

absl::Status CheckPortals(const v1::ApplyRequest& request,
                          const RelyingParty& party) {
  for (const proof::v1::Approval& approval : request.approvals()) {
    ASSIGN_OR_RETURN(const proof::v1::AuthorizationStatement statement,
                     proof::ParseStatement(approval.statement()));
    if (!statement.approver_gateway().empty()) continue;
    const bool ours =
        std::any_of(party.origins.begin(), party.origins.end(),
                    [&](const std::string& origin) {
                      return crypto::View(proof::BrowserChannelKey(origin)) ==
                             statement.channel_key();
                    });
    if (ours) continue;
    return Error(reason::kBrowserNotAllowed, "approved in another portal");
  }
  return absl::OkStatus();
}

}  // namespace

proof::AccountKey KeyOf(const TokenRow& token) {
  proof::AccountKey key;
  key.token_id = token.token_id();
  key.recovery = token.recovery();
  if (token.public_key().size() == crypto::kP256PointSize) {
    key.point = token.public_key();
  } else {
    key.check = [stored = token.public_key()](absl::string_view signed_bytes,
                                              absl::string_view signature) {
      return fido::CheckStoredKey(stored, signed_bytes, signature);
    };
  }
  return key;
}

proof::AccountInputs InputsFor(const Act& act, const AccountView& account,
                               const RelyingParty& party, const Clock& clock) {
  proof::AccountInputs inputs;
  inputs.tenant = act.tenant();
  inputs.account = act.account;
  inputs.rp_id_hash = crypto::ToString(crypto::Sha256(party.rp_id));
  for (const Stored<TokenRow>& token : account.tokens) {
    const bool recovers =
        token.row.state() == v1::TOKEN_STATE_ACTIVE && token.row.recovery();
    if (recovers || MayApproveActs(token.row)) {
      inputs.keys.push_back(KeyOf(token.row));
    }
  }
  inputs.any_place = true;
  inputs.relays_checked_elsewhere = true;
  inputs.now_ms = static_cast<uint64_t>(UnixMillis(clock));
  return inputs;
}

absl::StatusOr<proof::VerifiedAccountCommand> VerifyAct(
    const Act& act, const proof::AccountInputs& inputs,
    const RelyingParty& party) {
  proof::v1::Proof proof;
  *proof.mutable_approvals() = act.request.approvals();
  proof.set_index(act.item.index());
  *proof.mutable_path() = act.item.path();
  ASSIGN_OR_RETURN(proof::VerifiedAccountCommand verified,
                   proof::VerifyAccountProof(act.bytes(), proof, inputs));
  RETURN_IF_ERROR(CheckPortals(act.request, party));
  return verified;
}

void ExpectApprovers(const AccountView& account,
                     const proof::VerifiedAccountCommand& verified,
                     Change& change) {
  auto& expect = change.transition.expect;
  for (const std::string& id : verified.tokens()) {
    const Stored<TokenRow>* token = account.Find(id);
    const std::string key = TokenKey(id);
    const bool known =
        std::any_of(expect.begin(), expect.end(),
                    [&](const u2fi::store::Expect& e) { return e.key == key; });
    if (token != nullptr && !known) expect.push_back({key, token->version});
  }
}

void RememberApplied(const Act& act, const Clock& clock,
                     const std::string& resource, Change& change) {
  const std::string key = AppliedKey(act.command.command_id());
  change.transition.expect.push_back({key, u2fi::store::kAbsent});
  change.transition.put.push_back({key, resource, clock.Now() + kAppliedKept});
}

audit::RowContent RowOf(const Act& act, const TokenRow& token) {
  audit::RowContent content =
      RowAbout(audit::v1::ROW_KIND_TOKEN, "",
               {absl::StrCat("tokens/", token.token_id()),
                absl::StrCat("accounts/", act.account),
                absl::StrCat("commands/", act.command.command_id())});
  content.body.set_command(act.bytes());
  content.body.set_index(act.item.index());
  *content.body.mutable_path() = act.item.path();
  if (act.holds_touches) {
    *content.body.mutable_approvals() = act.request.approvals();
    return content;
  }
  for (const proof::v1::Approval& approval : act.request.approvals()) {
    content.body.add_approval_refs(
        crypto::ToString(audit::ApprovalDigest(approval)));
  }
  return content;
}

}  // namespace u2fi::attestation
