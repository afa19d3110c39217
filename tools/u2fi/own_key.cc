#include "tools/u2fi/own_key.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {

absl::Status CheckOwnKey(const std::string& account, const std::string& token,
                         Mesh& mesh) {
  const std::string name = absl::StrCat("tokens/", token);
  attestation::ListTokensRequest request;
  request.set_account(account);
  do {
    const auto page = mesh.ListTokens(request);
    // A gate of the mesh, when nobody said where attestation is.
    if (absl::IsUnimplemented(page.status())) return absl::OkStatus();
    RETURN_IF_ERROR(page.status());
    for (const attestation::Token& one : page->tokens()) {
      if (one.name() == name) return absl::OkStatus();
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return Error(
      reason::kResourceUnknown,
      absl::StrCat(account, " has no ", name, "; u2fi tokens lists them"),
      {{"name", name}});
}

}  // namespace u2fi::cli
