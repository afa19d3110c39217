#include "services/command-gate/command_list.h"

#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/command-gate/command_view.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/proto_millis.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;

constexpr int kDefaultPage = 100;
constexpr int kMaxPage = 1000;

absl::StatusOr<size_t> PageSizeOf(int asked) {
  if (asked < 0 || asked > kMaxPage) {
    return FieldError("page_size", "is not 0 to 1,000");
  }
  return static_cast<size_t>(asked == 0 ? kDefaultPage : asked);
}

absl::Status CheckFilters(const v1::ListCommandsRequest& request) {
  if (!proof::IsId(request.account())) {
    return FieldError("account", "is not an id");
  }
  if (!request.device().empty() && !proof::IsId(request.device()) &&
      !proof::AccountOfTarget(request.device()).has_value()) {
    return FieldError("device", "is neither an id nor account:<id>");
  }
  if (!request.batch().empty() && !proof::IsCommandId(request.batch())) {
    return FieldError("batch", "is not the id of a batch");
  }
  if (!v1::CommandState_IsValid(request.state())) {
    return FieldError("state", "is unknown");
  }
  return absl::OkStatus();
}

// The key after `prefix` in a page token; empty without one.
absl::StatusOr<std::string> TokenAfter(const v1::ListCommandsRequest& request,
                                       absl::string_view prefix) {
  if (request.page_token().empty()) return std::string();
  const auto token = crypto::FromBase64Url(request.page_token());
  if (token.ok() && absl::StartsWith(*token, prefix)) return *token;
  return Error(reason::kPageTokenInvalid, "the page token is not of this list");
}

int64_t SinceMs(const v1::ListCommandsRequest& request) {
  return request.has_submitted_since() ? ProtoMillis(request.submitted_since())
                                       : 0;
}

bool IsWanted(const v1::ListCommandsRequest& request, const CommandRow& row) {
  return (request.device().empty() || row.device() == request.device()) &&
         (request.state() == v1::COMMAND_STATE_UNSPECIFIED ||
          row.state() == request.state()) &&
         static_cast<int64_t>(row.submit_ms()) >= SinceMs(request);
}

void AddIfWanted(const v1::ListCommandsRequest& request, const CommandRow& row,
                 v1::ListCommandsResponse& response) {
  if (!IsWanted(request, row)) return;
  *response.add_commands() = ViewOf(row, v1::COMMAND_VIEW_BASIC);
}

}  // namespace

absl::StatusOr<v1::ListCommandsResponse> CommandList::List(
    const std::string& tenant, const v1::ListCommandsRequest& request) {
  RETURN_IF_ERROR(CheckFilters(request));
  ASSIGN_OR_RETURN(const size_t size, PageSizeOf(request.page_size()));
  return request.batch().empty() ? ListAccount(tenant, request, size)
                                 : ListBatch(tenant, request, size);
}

absl::StatusOr<v1::ListCommandsResponse> CommandList::ListAccount(
    const std::string& tenant, const v1::ListCommandsRequest& request,
    size_t size) {
  ASSIGN_OR_RETURN(
      const std::string after,
      TokenAfter(request, absl::StrCat("list/", request.account(), "/")));
  ASSIGN_OR_RETURN(const CommandStore::ListPage page,
                   commands_.List(tenant, request.account(), after, size));
  v1::ListCommandsResponse response;
  for (const std::string& id : page.command_ids) {
    ASSIGN_OR_RETURN(const StoredCommand command, commands_.Read(tenant, id));
    if (!command.exists()) continue;
    // What follows is older still.
    if (static_cast<int64_t>(command.row.submit_ms()) < SinceMs(request)) {
      return response;
    }
    AddIfWanted(request, command.row, response);
  }
  if (page.more) {
    response.set_next_page_token(crypto::Base64Url(page.last_key));
  }
  return response;
}

absl::StatusOr<v1::ListCommandsResponse> CommandList::ListBatch(
    const std::string& tenant, const v1::ListCommandsRequest& request,
    size_t size) {
  const std::string prefix = absl::StrCat("batch/", request.batch(), "/");
  ASSIGN_OR_RETURN(const std::string token, TokenAfter(request, prefix));
  size_t begin = 0;
  if (!token.empty() &&
      !absl::SimpleAtoi(absl::StripPrefix(token, prefix), &begin)) {
    return Error(reason::kPageTokenInvalid, "the page token has no place");
  }
  ASSIGN_OR_RETURN(const StoredCommand first,
                   commands_.Read(tenant, request.batch()));
  if (!first.exists() || first.row.batch() != request.batch() ||
      first.row.account() != request.account()) {
    return Error(reason::kResourceUnknown, "the account has no such batch",
                 {{"batch", request.batch()}});
  }
  ASSIGN_OR_RETURN(const std::vector<StoredCommand> all,
                   commands_.ReadBatch(first));
  if (begin > all.size()) {
    return Error(reason::kPageTokenInvalid, "the batch is smaller");
  }
  v1::ListCommandsResponse response;
  const size_t end = begin + std::min(size, all.size() - begin);
  for (size_t i = begin; i < end; ++i) {
    AddIfWanted(request, all[i].row, response);
  }
  if (end < all.size()) {
    response.set_next_page_token(crypto::Base64Url(absl::StrCat(prefix, end)));
  }
  return response;
}

}  // namespace u2fi::command_gate
