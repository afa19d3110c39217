#include "services/attestation/applier.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/common/proof/command.h"
#include "services/common/proof/ids.h"
#include "services/common/proof/operations.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

constexpr int kTries = 4;
constexpr int kMaxItems = 1000;

common::v1::ApplyResult ResultOf(const Act& act, const std::string& resource,
                                 bool before) {
  common::v1::ApplyResult result;
  result.set_command_id(act.command.command_id());
  result.set_already_applied(before);
  result.set_resource(resource);
  return result;
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

absl::StatusOr<Act> ReadAct(const v1::ApplyRequest& request,
                            const common::v1::BatchItem& item) {
  Act act{request, item, {}, {}};
  ASSIGN_OR_RETURN(act.command, proof::ParseCommand(act.bytes()));
  RETURN_IF_ERROR(CheckOperation(act.command.operation()));
  RETURN_IF_ERROR(proof::CheckArguments(act.command));
  const auto account = proof::AccountOfTarget(act.command.device());
  if (!account.has_value()) {
    return FieldError("items.command", "is not about an account");
  }
  act.account = std::string(*account);
  return act;
}

bool GoesAlone(absl::string_view operation) {
  return operation == proof::kOperationEnrol ||
         operation == "u2fi.token.recover";
}

// What holds for the items of a batch besides what holds for each.
absl::Status CheckTogether(const std::vector<Act>& acts) {
  std::set<std::string> ids;
  for (const Act& act : acts) {
    if (!ids.insert(act.command.command_id()).second) {
      return FieldError("items", "has a command twice");
    }
    if (act.account != acts[0].account) {
      return Error(reason::kAccountMismatch,
                   "a batch is about one account's tokens");
    }
    if (acts.size() > 1 && GoesAlone(act.command.operation())) {
      return FieldError("items", "has an enrolment or a recovery among others");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::ApplyResponse> Applier::Apply(
    const v1::ApplyRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("tenant", request.tenant()));
  if (request.items().empty() || request.items_size() > kMaxItems) {
    return FieldError("items", "has none or more than 1,000 entries");
  }
  std::vector<Act> acts;
  for (const common::v1::BatchItem& item : request.items()) {
    ASSIGN_OR_RETURN(Act act, ReadAct(request, item));
    acts.push_back(std::move(act));
  }
  RETURN_IF_ERROR(CheckTogether(acts));
  for (int i = 1; i < kTries; ++i) {
    absl::StatusOr<v1::ApplyResponse> response = ApplyOnce(acts);
    if (!IsReason(response.status(), reason::kStoreAborted)) return response;
  }
  return ApplyOnce(acts);
}

absl::StatusOr<v1::ApplyResponse> Applier::ApplyOnce(
    const std::vector<Act>& acts) {
  v1::ApplyResponse response;
  std::vector<Act> left;
  std::vector<common::v1::ApplyResult*> results;
  for (const Act& act : acts) {
    ASSIGN_OR_RETURN(
        const absl::optional<std::string> before,
        parts_.tokens.FindApplied(act.tenant(), act.command.command_id()));
    common::v1::ApplyResult* const result = response.add_results();
    *result = ResultOf(act, before.value_or(""), before.has_value());
    if (before.has_value()) continue;
    left.push_back(act);
    left.back().holds_touches = left.size() == 1;
    results.push_back(result);
  }
  if (left.empty()) return response;
  ASSIGN_OR_RETURN(const std::vector<std::string> names, CarryOut(left));
  for (size_t i = 0; i < names.size(); ++i) results[i]->set_resource(names[i]);
  return response;
}

absl::StatusOr<std::vector<std::string>> Applier::CarryOut(
    const std::vector<Act>& acts) {
  if (acts[0].command.operation() != proof::kOperationEnrol) {
    return operations_.Apply(acts);
  }
  ASSIGN_OR_RETURN(std::string name, enrolment_.Apply(acts[0]));
  return std::vector<std::string>{std::move(name)};
}

}  // namespace u2fi::attestation
