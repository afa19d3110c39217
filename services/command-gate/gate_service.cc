#include "services/command-gate/gate_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/command_view.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/logging/logging.h"
#include "services/common/proof/ids.h"
#include "services/common/rpc/tenant.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

// How often a cancellation that lost a race looks again.
constexpr int kTries = 8;

// Whoever submitted it may cancel it.
bool IsRequester(const rpc::Caller& caller, const std::string& named,
                 const records::v1::CommandRow& row) {
  return (named.empty() || named == row.account()) &&
         proof::Requester(caller.uri(), row.account()) == row.requester();
}

// Others only in the name of the account that the command acts for, of one that
// is asked to approve it, or of the owner of the device or of the site.
absl::Status CheckMayCancel(const std::string& named,
                            const records::v1::CommandRow& row) {
  const bool allowed =
      !named.empty() && (named == row.account() || named == row.owner() ||
                         named == row.site_owner() ||
                         std::any_of(row.slots().begin(), row.slots().end(),
                                     [&](const records::v1::Slot& slot) {
                                       return slot.account() == named;
                                     }));
  if (allowed) return absl::OkStatus();
  return Error(reason::kNotAMember,
               "neither the requester nor one who may approve it");
}

}  // namespace

absl::StatusOr<v1::SubmitCommandResponse> GateService::Submit(
    const rpc::Caller& caller, const v1::SubmitCommandRequest& request) {
  ASSIGN_OR_RETURN(const Submission submission,
                   ReadSubmission(caller, request));
  RETURN_IF_ERROR(CheckLogin(submission.tenant, submission.account,
                             request.options().id_token()));
  ASSIGN_OR_RETURN(StoredCommand command,
                   submitter_.Submit(submission, request.validate_only()));
  v1::SubmitCommandResponse response;
  *response.mutable_command() = ViewOf(command.row, v1::COMMAND_VIEW_BASIC);
  AdvanceLater(std::move(command));
  return response;
}

absl::Status GateService::CheckLogin(absl::string_view tenant,
                                     absl::string_view account,
                                     absl::string_view id_token) {
  if (login_ == nullptr) return absl::OkStatus();
  return login_->Check(tenant, account, id_token);
}

void GateService::AdvanceLater(StoredCommand command) {
  if (!command.exists() ||
      (command.row.state() != v1::COMMAND_STATE_PREPARING &&
       command.row.state() != v1::COMMAND_STATE_APPROVED)) {
    return;
  }
  executor_.Schedule([this, command = std::move(command)] {
    const absl::Status status = flow_.Advance(command);
    if (status.ok()) return;
    logging::Warning("a command waits for the sweeper",
                     {{"command", command.row.command_id()},
                      {"reason", ReasonOf(status)},
                      {"cause", std::string(status.message())}});
  });
}

absl::StatusOr<v1::SubmitBatchResponse> GateService::SubmitBatch(
    const rpc::Caller& caller, const v1::SubmitBatchRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<Submission> submissions,
                   ReadBatch(caller, request));
  RETURN_IF_ERROR(CheckLogin(submissions[0].tenant, submissions[0].account,
                             request.options().id_token()));
  ASSIGN_OR_RETURN(
      StoredCommand first,
      submitter_.SubmitBatch(submissions, request.validate_only()));
  v1::SubmitBatchResponse response;
  std::vector<StoredCommand> all(submissions.size(), first);
  if (first.exists() && !first.row.batch_ids().empty()) {
    ASSIGN_OR_RETURN(all, commands_.ReadBatch(first));
  }
  *response.mutable_batch() = BatchViewOf(first.row, CountStates(all));
  for (const Submission& submission : submissions) {
    response.add_commands(absl::StrCat("commands/", submission.command_id));
  }
  AdvanceLater(std::move(first));
  return response;
}

absl::StatusOr<v1::GetBatchResponse> GateService::GetBatch(
    const rpc::Caller& caller, const v1::GetBatchRequest& request) {
  if (!absl::StartsWith(request.name(), "batches/")) {
    return FieldError("name", "is not batches/{batch}");
  }
  ASSIGN_OR_RETURN(const StoredCommand first,
                   Find(caller, request.tenant(), request.name()));
  v1::GetBatchResponse response;
  ASSIGN_OR_RETURN(*response.mutable_batch(), BatchOf(first));
  return response;
}

absl::StatusOr<v1::BatchRecord> GateService::BatchOf(
    const StoredCommand& first) {
  std::vector<StoredCommand> all = {first};
  if (!first.row.batch_ids().empty()) {
    ASSIGN_OR_RETURN(all, commands_.ReadBatch(first));
  }
  return BatchViewOf(first.row, CountStates(all));
}

absl::StatusOr<GateService::Named> GateService::Parse(const rpc::Caller& caller,
                                                      const std::string& tenant,
                                                      absl::string_view name) {
  ASSIGN_OR_RETURN(std::string own, rpc::TenantOf(caller, tenant));
  absl::string_view id = name;
  const bool batch = absl::ConsumePrefix(&id, "batches/");
  if ((!batch && !absl::ConsumePrefix(&id, "commands/")) ||
      !proof::IsCommandId(id)) {
    return FieldError("name",
                      "is neither commands/{id} nor batches/{id}, with an id "
                      "of 26 of a-z, 2-7");
  }
  return Named{std::move(own), std::string(id), batch};
}

absl::StatusOr<StoredCommand> GateService::Find(const rpc::Caller& caller,
                                                const std::string& tenant,
                                                absl::string_view name) {
  ASSIGN_OR_RETURN(const Named named, Parse(caller, tenant, name));
  ASSIGN_OR_RETURN(StoredCommand command,
                   commands_.Read(named.tenant, named.command_id));
  if (command.exists() && (!named.batch || command.row.index() == 0)) {
    return command;
  }
  return Error(reason::kResourceUnknown, "no such command",
               {{"name", std::string(name)}});
}

absl::StatusOr<v1::AnswerApprovalResponse> GateService::Answer(
    const rpc::Caller& caller, const v1::AnswerApprovalRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  ASSIGN_OR_RETURN(BrowserAnswers::Taken taken,
                   browser_answers_.Take(tenant, request));
  AdvanceLater(std::move(taken.command));
  return std::move(taken.response);
}

absl::StatusOr<ApprovalFeed::Reader> GateService::ReaderOf(
    const rpc::Caller& caller, const v1::WatchApprovalsRequest& request) {
  ApprovalFeed::Reader reader;
  ASSIGN_OR_RETURN(reader.tenant, rpc::TenantOf(caller, request.tenant()));
  if (!proof::IsId(request.account())) {
    return FieldError("account", "is not an id");
  }
  reader.account = request.account();
  reader.portal = caller.role() == rpc::Role::kService;
  return reader;
}

absl::StatusOr<v1::GetCommandResponse> GateService::Get(
    const rpc::Caller& caller, const v1::GetCommandRequest& request) {
  if (!absl::StartsWith(request.name(), "commands/")) {
    return FieldError("name", "is not commands/{command}");
  }
  ASSIGN_OR_RETURN(const StoredCommand command,
                   Find(caller, request.tenant(), request.name()));
  records::v1::CommandRow row = command.row;
  if (row.index() > 0) {
    // The first one has the touches of all.
    ASSIGN_OR_RETURN(const StoredCommand first,
                     commands_.Read(command.tenant, row.batch()));
    *row.mutable_slots() = first.row.slots();
  }
  v1::GetCommandResponse response;
  *response.mutable_command() = ViewOf(row, request.view());
  return response;
}

absl::StatusOr<v1::ListCommandsResponse> GateService::List(
    const rpc::Caller& caller, const v1::ListCommandsRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  return list_.List(tenant, request);
}

absl::StatusOr<v1::CancelCommandResponse> GateService::Cancel(
    const rpc::Caller& caller, const v1::CancelCommandRequest& request) {
  absl::StatusOr<StoredCommand> cancelled = CancelOnce(caller, request);
  // The command moved on meanwhile: look where it is now.
  for (int i = 1; i < kTries; ++i) {
    if (!IsReason(cancelled.status(), reason::kStoreAborted)) break;
    cancelled = CancelOnce(caller, request);
  }
  RETURN_IF_ERROR(cancelled.status());
  v1::CancelCommandResponse response;
  if (absl::StartsWith(request.name(), "batches/")) {
    ASSIGN_OR_RETURN(*response.mutable_batch(), BatchOf(*cancelled));
  } else {
    *response.mutable_command() =
        ViewOf(cancelled->row, v1::COMMAND_VIEW_BASIC);
  }
  return response;
}

absl::StatusOr<StoredCommand> GateService::CancelOnce(
    const rpc::Caller& caller, const v1::CancelCommandRequest& request) {
  ASSIGN_OR_RETURN(StoredCommand command,
                   Find(caller, request.tenant(), request.name()));
  if (!IsRequester(caller, request.on_behalf_of(), command.row)) {
    RETURN_IF_ERROR(CheckMayCancel(request.on_behalf_of(), command.row));
    RETURN_IF_ERROR(
        CheckLogin(command.tenant, request.on_behalf_of(), request.id_token()));
  }
  if (command.row.state() == v1::COMMAND_STATE_CANCELLED) return command;
  return flow_.Cancel(command, caller.uri());
}

}  // namespace u2fi::command_gate
