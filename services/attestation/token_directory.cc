#include "services/attestation/token_directory.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/attestation/token_rows.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/operations.h"
#include "services/common/rpc/ids.h"
#include "services/common/rpc/request_checks.h"
#include "services/common/rpc/tenant.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::CounterRow;
using records::v1::TokenRow;

constexpr size_t kMaxCandidates = 16;
// Records that one page looks at, wanted or not.
constexpr size_t kScanned = 1000;

// Recovery tokens recover, and nothing else does. Who does not say what it is
// about is offered both.
bool IsFor(const TokenRow& token, const v1::ListCandidatesRequest& request) {
  if (request.purpose() != proof::v1::PURPOSE_TOKEN) return !token.recovery();
  return request.operation().empty() ||
         token.recovery() == (request.operation() == "u2fi.token.recover");
}

// A token may answer where it is active, good enough, and for this purpose.
bool MayAnswer(const TokenRow& token,
               const v1::ListCandidatesRequest& request) {
  return token.state() == v1::TOKEN_STATE_ACTIVE && IsFor(token, request) &&
         token.token_id() != request.except_token_id() &&
         token.level() >= request.required().level() &&
         (token.lease_site().empty() || token.lease_site() == request.site()) &&
         (!request.required().uv() ||
          token.protocol() == common::v1::TOKEN_PROTOCOL_CTAP2) &&
         (request.token_id().empty() || request.token_id() == token.token_id());
}

absl::Status CheckCandidates(const v1::ListCandidatesRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("tenant", request.tenant()));
  RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  if (!request.token_id().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("token_id", request.token_id()));
  }
  if (!request.except_token_id().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("except_token_id", request.except_token_id()));
  }
  if (!request.site().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("site", request.site()));
  }
  return proof::IsPurpose(request.purpose())
             ? absl::OkStatus()
             : FieldError("purpose", "is unset or unknown");
}

absl::Status CheckHex(absl::string_view field, const std::string& text,
                      size_t digits) {
  if (text.empty()) return absl::OkStatus();
  const auto bytes = crypto::FromHex(text);
  if (text.size() == digits && bytes.ok() && crypto::Hex(*bytes) == text) {
    return absl::OkStatus();
  }
  return FieldError(field,
                    absl::StrCat("is not ", digits, " lower-case hex digits"));
}

absl::Status CheckList(const rpc::Caller& caller,
                       const v1::ListTokensRequest& request) {
  if (!request.account().empty()) {
    RETURN_IF_ERROR(rpc::CheckId("account", request.account()));
  } else if (caller.role() == rpc::Role::kClient) {
    return FieldError("account", "is required from clients");
  }
  if (!v1::TokenState_IsValid(request.state())) {
    return FieldError("state", "is unknown");
  }
  RETURN_IF_ERROR(CheckHex("aaguid", request.aaguid(), 32));
  RETURN_IF_ERROR(
      CheckHex("attestation_key_id", request.attestation_key_id(), 40));
  return CheckHex("certificate_fingerprint", request.certificate_fingerprint(),
                  64);
}

bool Wanted(const TokenRow& token, const v1::ListTokensRequest& request) {
  const auto& prints = token.certificate_fingerprints();
  return (request.state() == v1::TOKEN_STATE_UNSPECIFIED ||
          request.state() == token.state()) &&
         (request.aaguid().empty() ||
          request.aaguid() == crypto::Hex(token.aaguid())) &&
         (request.attestation_key_id().empty() ||
          request.attestation_key_id() == token.attestation_key_id()) &&
         (request.certificate_fingerprint().empty() ||
          std::count(prints.begin(), prints.end(),
                     request.certificate_fingerprint()) > 0);
}

// What chooses the tokens of a page: a page token is good only with the same.
std::string ListName(const std::string& tenant,
                     const v1::ListTokensRequest& request) {
  return absl::StrCat("tokens ", tenant, " ", request.account(), " ",
                      request.state(), " ", request.aaguid(), " ") +
         absl::StrCat(request.attestation_key_id(), " ",
                      request.certificate_fingerprint());
}

}  // namespace

absl::StatusOr<v1::ListCandidatesResponse> TokenDirectory::ListCandidates(
    const v1::ListCandidatesRequest& request) {
  RETURN_IF_ERROR(CheckCandidates(request));
  ASSIGN_OR_RETURN(const AccountView view,
                   tokens_.ReadAccount(request.tenant(), request.account()));
  std::vector<size_t> chosen;
  for (size_t i = 0; i < view.tokens.size(); ++i) {
    if (MayAnswer(view.tokens[i].row, request)) chosen.push_back(i);
  }
  const auto rank = [&](size_t i) {
    const uint64_t used = view.counters[i].row.last_use_ms();
    return std::make_pair(view.tokens[i].row.recovery(), ~used);
  };
  std::stable_sort(chosen.begin(), chosen.end(),
                   [&](size_t a, size_t b) { return rank(a) < rank(b); });
  if (chosen.size() > kMaxCandidates) chosen.resize(kMaxCandidates);
  v1::ListCandidatesResponse response;
  ASSIGN_OR_RETURN(const int enrolled, Enrolled(request, view));
  response.set_enrolled(static_cast<uint32_t>(enrolled));
  for (const size_t i : chosen) {
    *response.add_candidates() =
        CandidateOf(view.tokens[i].row, view.counters[i]);
  }
  if (response.candidates_size() > 0 && enrolled > 0) return response;
  return Error(reason::kNoCredentials, "no token of the account may answer",
               {{"enrolled", absl::StrCat(enrolled)}});
}

absl::StatusOr<int> TokenDirectory::Enrolled(
    const v1::ListCandidatesRequest& request, const AccountView& view) {
  if (request.purpose() != proof::v1::PURPOSE_ENROL) return view.Live();
  ASSIGN_OR_RETURN(const bool open, recoveries_.IsOpen(request.tenant(), view));
  if (open) return 0;
  return view.Live() > 0 ? view.Live() : static_cast<int>(view.tokens.size());
}

absl::StatusOr<v1::GetTokenResponse> TokenDirectory::Get(
    const rpc::Caller& caller, const v1::GetTokenRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(const std::string id,
                   IdOfName("tokens/", request.name(), "name"));
  ASSIGN_OR_RETURN(const AssertionView view,
                   tokens_.ReadForAssertion(tenant, "", id));
  if (!view.token.exists()) return Unknown(request.name());
  v1::GetTokenResponse response;
  *response.mutable_token() = ViewOf(view.token.row, view.counter);
  return response;
}

absl::StatusOr<v1::ListTokensResponse> TokenDirectory::List(
    const rpc::Caller& caller, const v1::ListTokensRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckList(caller, request));
  return request.account().empty() ? ListTenant(tenant, request)
                                   : ListAccount(tenant, request);
}

absl::StatusOr<v1::ListTokensResponse> TokenDirectory::ListAccount(
    const std::string& tenant, const v1::ListTokensRequest& request) {
  ASSIGN_OR_RETURN(const rpc::Page page,
                   rpc::ReadPage(request.page_size(), request.page_token(),
                                 ListName(tenant, request)));
  ASSIGN_OR_RETURN(const AccountView view,
                   tokens_.ReadAccount(tenant, request.account()));
  v1::ListTokensResponse response;
  bool begun = page.after.empty();
  for (size_t i = 0; i < view.tokens.size(); ++i) {
    const TokenRow& token = view.tokens[i].row;
    if (begun && Wanted(token, request)) {
      if (response.tokens_size() == page.size) {
        response.set_next_page_token(rpc::PageToken(
            view.tokens[i - 1].row.token_id(), ListName(tenant, request)));
        break;
      }
      *response.add_tokens() = ViewOf(token, view.counters[i]);
    }
    begun = begun || token.token_id() == page.after;
  }
  return response;
}

absl::StatusOr<v1::ListTokensResponse> TokenDirectory::ListTenant(
    const std::string& tenant, const v1::ListTokensRequest& request) {
  ASSIGN_OR_RETURN(const rpc::Page page,
                   rpc::ReadPage(request.page_size(), request.page_token(),
                                 ListName(tenant, request)));
  ASSIGN_OR_RETURN(const TokenPage found,
                   tokens_.ReadTokens(tenant, page.after, kScanned));
  v1::ListTokensResponse response;
  std::string last;
  bool more = found.more;
  for (const Stored<TokenRow>& token : found.tokens) {
    if (response.tokens_size() == page.size) {
      more = true;
      break;
    }
    last = token.row.token_id();
    // Its counter is in a record of its own: GetToken tells.
    if (Wanted(token.row, request)) {
      *response.add_tokens() = ViewOf(token.row, Stored<CounterRow>());
    }
  }
  if (more) {
    response.set_next_page_token(
        rpc::PageToken(last, ListName(tenant, request)));
  }
  return response;
}

}  // namespace u2fi::attestation
