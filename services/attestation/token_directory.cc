#include "services/attestation/token_directory.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/attestation/token_rows.h"
#include "services/common/audit/row.h"
#include "services/common/proof/ids.h"
#include "services/common/rpc/tenant.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;
using ::u2fi::store::Durability;

constexpr int kMaxCandidates = 16;
constexpr size_t kMaxWhy = 256;

absl::StatusOr<std::string> IdOf(absl::string_view name) {
  absl::string_view id = name;
  if (absl::ConsumePrefix(&id, "tokens/") && proof::IsId(id)) {
    return std::string(id);
  }
  return FieldError("name", "is not tokens/{token}");
}

absl::Status Unknown(absl::string_view name) {
  return Error(reason::kResourceUnknown, "no such token",
               {{"name", std::string(name)}});
}

// A token may answer where it is active, good enough, and for this purpose.
bool MayAnswer(const TokenRow& token,
               const v1::ListCandidatesRequest& request) {
  return token.state() == v1::TOKEN_STATE_ACTIVE && !token.recovery() &&
         token.level() >= request.required().level() &&
         (token.lease_site().empty() || token.lease_site() == request.site()) &&
         (!request.required().uv() ||
          token.protocol() == common::v1::TOKEN_PROTOCOL_CTAP2) &&
         (request.token_id().empty() || request.token_id() == token.token_id());
}

}  // namespace

absl::StatusOr<v1::ListCandidatesResponse> TokenDirectory::ListCandidates(
    const v1::ListCandidatesRequest& request) {
  if (!proof::IsId(request.account())) {
    return FieldError("account", "is not an id");
  }
  ASSIGN_OR_RETURN(const AccountView view,
                   tokens_.ReadAccount(request.tenant(), request.account()));
  v1::ListCandidatesResponse response;
  for (size_t i = 0; i < view.tokens.size(); ++i) {
    const TokenRow& token = view.tokens[i].row;
    if (token.state() != v1::TOKEN_STATE_REVOKED) {
      response.set_enrolled(response.enrolled() + 1);
    }
    if (MayAnswer(token, request) &&
        response.candidates_size() < kMaxCandidates) {
      *response.add_candidates() = CandidateOf(token, view.counters[i]);
    }
  }
  if (response.candidates_size() > 0) return response;
  return Error(reason::kNoCredentials, "no token of the account may answer",
               {{"enrolled", absl::StrCat(response.enrolled())}});
}

absl::StatusOr<v1::GetTokenResponse> TokenDirectory::Get(
    const rpc::Caller& caller, const v1::GetTokenRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id, IdOf(request.name()));
  ASSIGN_OR_RETURN(const AssertionView view,
                   tokens_.ReadForAssertion(tenant, "", id));
  if (!view.token.exists()) return Unknown(request.name());
  v1::GetTokenResponse response;
  *response.mutable_token() = ViewOf(
      view.token.row, view.counter.exists()
                          ? absl::make_optional(view.counter.row.counter())
                          : absl::nullopt);
  return response;
}

absl::StatusOr<v1::ListTokensResponse> TokenDirectory::List(
    const rpc::Caller& caller, const v1::ListTokensRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  if (!proof::IsId(request.account())) {
    return FieldError("account", "is required so far, and not an id");
  }
  if (request.page_size() < 0 || !request.page_token().empty()) {
    return FieldError("page_token", "an account's tokens are one page");
  }
  if (!request.aaguid().empty() || !request.attestation_key_id().empty() ||
      !request.certificate_fingerprint().empty()) {
    return Error(reason::kUnimplemented, "lists by model are not there yet");
  }
  ASSIGN_OR_RETURN(const AccountView view,
                   tokens_.ReadAccount(tenant, request.account()));
  v1::ListTokensResponse response;
  for (size_t i = 0; i < view.tokens.size(); ++i) {
    const TokenRow& token = view.tokens[i].row;
    if (request.state() == v1::TOKEN_STATE_UNSPECIFIED ||
        request.state() == token.state()) {
      *response.add_tokens() = ViewOf(token, view.counters[i]);
    }
  }
  return response;
}

absl::StatusOr<v1::SuspendTokenResponse> TokenDirectory::Suspend(
    const rpc::Caller& caller, const v1::SuspendTokenRequest& request) {
  v1::SuspendTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_token(),
                   SetState(caller, request.tenant(), request.name(),
                            v1::TOKEN_STATE_SUSPENDED, request.reason()));
  return response;
}

absl::StatusOr<v1::RevokeTokenResponse> TokenDirectory::Revoke(
    const rpc::Caller& caller, const v1::RevokeTokenRequest& request) {
  if (!request.allow_last()) {
    ASSIGN_OR_RETURN(const std::string tenant,
                     rpc::TenantOf(caller, request.tenant()));
    ASSIGN_OR_RETURN(const std::string id, IdOf(request.name()));
    ASSIGN_OR_RETURN(const auto token, tokens_.ReadToken(tenant, id));
    if (!token.second.exists()) return Unknown(request.name());
    ASSIGN_OR_RETURN(const AccountView account,
                     tokens_.ReadAccount(tenant, token.second.row.account()));
    const auto others =
        std::count_if(account.tokens.begin(), account.tokens.end(),
                      [&](const Stored<TokenRow>& other) {
                        return other.row.state() == v1::TOKEN_STATE_ACTIVE &&
                               other.row.token_id() != id;
                      });
    if (others == 0) {
      return Error(reason::kLastToken, "it is the account's last active token");
    }
  }
  v1::RevokeTokenResponse response;
  ASSIGN_OR_RETURN(*response.mutable_token(),
                   SetState(caller, request.tenant(), request.name(),
                            v1::TOKEN_STATE_REVOKED, request.reason()));
  return response;
}

absl::StatusOr<v1::Token> TokenDirectory::SetState(
    const rpc::Caller& caller, const std::string& tenant_named,
    const std::string& name, v1::TokenState state, const std::string& why) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, tenant_named));
  ASSIGN_OR_RETURN(const std::string id, IdOf(name));
  if (why.size() > kMaxWhy) return FieldError("reason", "is too long");
  ASSIGN_OR_RETURN(const auto found, tokens_.ReadToken(tenant, id));
  const Stored<TokenRow>& stored = found.second;
  if (!stored.exists()) return Unknown(name);
  if (stored.row.state() == v1::TOKEN_STATE_REVOKED) {
    return Error(reason::kTokenState, "the token is revoked for good");
  }
  TokenRow next = stored.row;
  next.set_state(state);
  audit::RowContent content;
  content.kind = audit::v1::ROW_KIND_TOKEN;
  content.subjects = {absl::StrCat("tokens/", id),
                      absl::StrCat("accounts/", next.account())};
  content.body.set_caller(caller.uri());
  content.body.set_state_before(std::string(absl::StripPrefix(
      absl::string_view(v1::TokenState_Name(stored.row.state())),
      "TOKEN_STATE_")));
  content.body.set_state_after(std::string(absl::StripPrefix(
      absl::string_view(v1::TokenState_Name(state)), "TOKEN_STATE_")));
  if (!why.empty()) {
    audit::v1::Detail& detail = *content.body.add_details();
    detail.set_name("why");
    detail.set_value(why);
  }
  audit::Transition transition;
  transition.epoch = found.first;
  transition.durability = Durability::kReplicated;
  transition.expect = {{TokenKey(id), stored.version}};
  transition.put = {{TokenKey(id), next.SerializeAsString()}};
  ASSIGN_OR_RETURN(audit::PreparedRow row,
                   audit::PreparedRow::Make(std::move(content), random_));
  transition.rows.push_back(std::move(row));
  RETURN_IF_ERROR(decider_.Decide(tenant, std::move(transition)).status());
  events_.Publish(tenant, next);
  return ViewOf(next, absl::nullopt);
}

}  // namespace u2fi::attestation
