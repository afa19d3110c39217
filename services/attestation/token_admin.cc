#include "services/attestation/token_admin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/attestation/token_rows.h"
#include "services/common/rpc/tenant.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;

constexpr size_t kMaxLabel = 64;
constexpr size_t kMaxWhy = 256;
constexpr char kLabel[] = "label";

absl::Status CheckMask(const google::protobuf::FieldMask& mask) {
  if (mask.paths().empty()) return FieldError("update_mask", "is required");
  for (const std::string& path : mask.paths()) {
    if (path == kLabel) continue;
    return Error(reason::kFieldImmutable, "only the label can be changed",
                 {{"field", path}});
  }
  return absl::OkStatus();
}

audit::RowContent RowOf(const rpc::Caller& caller, const TokenRow& token) {
  return RowAbout(audit::v1::ROW_KIND_TOKEN, caller.uri(),
                  {absl::StrCat("tokens/", token.token_id()),
                   absl::StrCat("accounts/", token.account())});
}

}  // namespace

struct TokenAdmin::Named {
  std::string tenant;
  u2fi::store::Epoch epoch;
  Stored<TokenRow> token;
  Stored<records::v1::CounterRow> counter;
};

absl::StatusOr<TokenAdmin::Named> TokenAdmin::Find(const rpc::Caller& caller,
                                                   const std::string& tenant,
                                                   const std::string& name,
                                                   absl::string_view field) {
  Named named;
  ASSIGN_OR_RETURN(named.tenant, rpc::TenantOf(caller, tenant));
  ASSIGN_OR_RETURN(const std::string id, IdOfName("tokens/", name, field));
  ASSIGN_OR_RETURN(AssertionView view,
                   tokens_.ReadForAssertion(named.tenant, "", id));
  if (!view.token.exists()) return Unknown(name);
  named.epoch = std::move(view.epoch);
  named.token = std::move(view.token);
  named.counter = std::move(view.counter);
  return named;
}

absl::StatusOr<v1::UpdateTokenResponse> TokenAdmin::Update(
    const rpc::Caller& caller, const v1::UpdateTokenRequest& request) {
  RETURN_IF_ERROR(CheckMask(request.update_mask()));
  RETURN_IF_ERROR(CheckText("token.label", request.token().label(), kMaxLabel));
  ASSIGN_OR_RETURN(
      const Named named,
      Find(caller, request.tenant(), request.token().name(), "token.name"));
  const std::string etag = absl::StrCat(named.token.row.revision());
  if (!request.token().etag().empty() && request.token().etag() != etag) {
    return Error(reason::kEtagMismatch, "the token changed since it was read");
  }
  TokenRow next = named.token.row;
  next.set_label(request.token().label());
  v1::UpdateTokenResponse response;
  Change change;
  change.transition.epoch = named.epoch;
  change.rows.push_back(RowOf(caller, next));
  AddDetail(change.rows[0], "label", next.label());
  change.PutToken(named.token, std::move(next));
  *response.mutable_token() = ViewOf(change.tokens[0], named.counter);
  if (request.validate_only()) return response;
  const absl::Status written = writer_.Write(named.tenant, std::move(change));
  if (IsReason(written, reason::kStoreAborted)) {
    return Error(reason::kEtagMismatch, "the token changed meanwhile");
  }
  RETURN_IF_ERROR(written);
  return response;
}

absl::StatusOr<v1::SuspendTokenResponse> TokenAdmin::Suspend(
    const rpc::Caller& caller, const v1::SuspendTokenRequest& request) {
  RETURN_IF_ERROR(CheckText("reason", request.reason(), kMaxWhy));
  ASSIGN_OR_RETURN(const Named named,
                   Find(caller, request.tenant(), request.name(), "name"));
  v1::SuspendTokenResponse response;
  ASSIGN_OR_RETURN(
      *response.mutable_token(),
      SetState(caller, named, v1::TOKEN_STATE_SUSPENDED, request.reason(), {}));
  return response;
}

absl::StatusOr<v1::RevokeTokenResponse> TokenAdmin::Revoke(
    const rpc::Caller& caller, const v1::RevokeTokenRequest& request) {
  RETURN_IF_ERROR(CheckText("reason", request.reason(), kMaxWhy));
  ASSIGN_OR_RETURN(const Named named,
                   Find(caller, request.tenant(), request.name(), "name"));
  Change change;
  if (!request.allow_last()) RETURN_IF_ERROR(ExpectAnother(named, change));
  v1::RevokeTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_token(),
                   SetState(caller, named, v1::TOKEN_STATE_REVOKED,
                            request.reason(), std::move(change)));
  return response;
}

// `change` happens only while another token of the account is active.
absl::Status TokenAdmin::ExpectAnother(const Named& named, Change& change) {
  const TokenRow& token = named.token.row;
  if (token.recovery()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const AccountView account,
                   tokens_.ReadAccount(named.tenant, token.account()));
  for (const Stored<TokenRow>& other : account.tokens) {
    if (other.row.token_id() == token.token_id() ||
        !MayApproveActs(other.row)) {
      continue;
    }
    change.transition.expect.push_back(
        {TokenKey(other.row.token_id()), other.version});
    return absl::OkStatus();
  }
  return Error(reason::kLastToken, "it is the account's last active token");
}

absl::StatusOr<v1::Token> TokenAdmin::SetState(const rpc::Caller& caller,
                                               const Named& named,
                                               v1::TokenState state,
                                               const std::string& why,
                                               Change change) {
  const TokenRow& before = named.token.row;
  if (before.state() == v1::TOKEN_STATE_REVOKED) {
    return Error(reason::kTokenState, "the token is revoked for good");
  }
  if (before.state() == state) return ViewOf(before, named.counter);
  TokenRow next = before;
  next.set_state(state);
  next.clear_state_reason();
  change.transition.epoch = named.epoch;
  audit::RowContent content = RowOf(caller, next);
  content.body.set_state_before(StateText(before.state()));
  content.body.set_state_after(StateText(state));
  AddDetail(content, "why", why);
  change.rows.push_back(std::move(content));
  change.PutToken(named.token, std::move(next));
  v1::Token view = ViewOf(change.tokens[0], named.counter);
  RETURN_IF_ERROR(writer_.Write(named.tenant, std::move(change)));
  return view;
}

}  // namespace u2fi::attestation
