#include "services/attestation/applier.h"

#include <string>
#include <utility>

#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

constexpr int kTries = 4;

v1::ApplyResponse Applied(const Act& act, const std::string& resource,
                          bool before) {
  v1::ApplyResponse response;
  common::v1::ApplyResult& result = *response.add_results();
  result.set_command_id(act.command.command_id());
  result.set_already_applied(before);
  result.set_resource(resource);
  return response;
}

absl::Status CheckOperation(absl::string_view operation) {
  if (operation == proof::kOperationEnrol ||
      TokenOperations::Knows(operation)) {
    return absl::OkStatus();
  }
  return Error(reason::kOperationUnknown,
               "the operation is not carried out here",
               {{"operation", std::string(operation)}});
}

}  // namespace

absl::StatusOr<v1::ApplyResponse> Applier::Apply(
    const v1::ApplyRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("tenant", request.tenant()));
  if (request.items().empty()) return FieldError("items", "is empty");
  if (request.items_size() != 1) {
    return Error(reason::kUnimplemented, "batches are not there yet");
  }
  Act act{request, {}, {}};
  ASSIGN_OR_RETURN(act.command, proof::ParseCommand(act.bytes()));
  RETURN_IF_ERROR(CheckOperation(act.command.operation()));
  RETURN_IF_ERROR(proof::CheckArguments(act.command));
  const auto account = proof::AccountOfTarget(act.command.device());
  if (!account.has_value()) {
    return FieldError("items.command", "is not about an account");
  }
  act.account = std::string(*account);
  for (int i = 1; i < kTries; ++i) {
    absl::StatusOr<v1::ApplyResponse> response = ApplyOnce(act);
    if (!IsReason(response.status(), reason::kStoreAborted)) return response;
  }
  return ApplyOnce(act);
}

absl::StatusOr<v1::ApplyResponse> Applier::ApplyOnce(const Act& act) {
  ASSIGN_OR_RETURN(
      const absl::optional<std::string> before,
      parts_.tokens.FindApplied(act.tenant(), act.command.command_id()));
  if (before.has_value()) return Applied(act, *before, true);
  const bool enrols = act.command.operation() == proof::kOperationEnrol;
  ASSIGN_OR_RETURN(const std::string resource,
                   enrols ? enrolment_.Apply(act) : operations_.Apply(act));
  return Applied(act, resource, false);
}

}  // namespace u2fi::attestation
