#include "tools/u2fi/account_check.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::cli {

absl::Status CheckAccountIsThere(Mesh& mesh, const std::string& account) {
  if (account.empty()) return absl::OkStatus();
  registry::GetAccountRequest request;
  request.set_name(absl::StrCat("accounts/", account));
  const absl::Status status = mesh.GetAccount(request).status();
  return IsReason(status, reason::kUnimplemented) ? absl::OkStatus() : status;
}

}  // namespace u2fi::cli
