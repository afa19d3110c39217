#include "services/device-registry/applier.h"

#include <algorithm>
#include <set>

#include "services/common/crypto/hash.h"
#include "services/common/proof/command.h"
#include "services/common/proof/operations.h"
#include "services/common/proof/statement.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/account_changes.h"
#include "services/device-registry/enrolment.h"
#include "services/device-registry/gateway_key_act.h"
#include "services/device-registry/pins_update.h"
#include "services/device-registry/policy_change_act.h"
#include "services/device-registry/provisioning.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "services/device-registry/token_acts.h"
#include "services/device-registry/unbinding.h"

namespace u2fi::device_registry {
namespace {

using records::v1::AppliedRow;
using records::v1::DeviceRow;

constexpr int kMaxApprovals = 8;
constexpr int kMaxItems = 1000;
// How long after execute_by a command is remembered: longer than any proof of
// it can be accepted.
constexpr absl::Duration kRemembered = absl::Hours(24);

absl::Status CheckRequest(const v1::ApplyRequest& request) {
  if (request.approvals().empty() || request.approvals_size() > kMaxApprovals) {
    return FieldError("approvals", "has none or more than 8 entries");
  }
  if (request.items().empty() || request.items_size() > kMaxItems) {
    return FieldError("items", "has none or more than 1,000 entries");
  }
  return CheckOptionalId("transaction", request.transaction());
}

proof::v1::Proof ProofOf(const v1::ApplyRequest& request,
                         const common::v1::BatchItem& item) {
  proof::v1::Proof proof;
  *proof.mutable_approvals() = request.approvals();
  proof.set_index(item.index());
  *proof.mutable_path() = item.path();
  return proof;
}

// OPERATION_UNKNOWN unless `operation` is one that this service applies.
absl::Status CheckOurs(const std::string& operation) {
  const proof::v1::OperationInfo* const row = proof::FindReserved(operation);
  if (row != nullptr) {
    const auto& by = row->applied_by();
    if (std::find(by.begin(), by.end(), kService) != by.end()) {
      return absl::OkStatus();
    }
  }
  return Error(reason::kOperationUnknown,
               "the registry does not apply this operation",
               {{"operation", operation}});
}

// As the first statement says; what is not a statement has none.
absl::StatusOr<proof::v1::AuthorizationStatement> StatementOf(
    const ApplyCase& in) {
  return proof::ParseStatement(in.proof.approvals(0).statement());
}

// A first pin set comes with a transaction, a later one without.
bool IsProvisioning(const ApplyCase& in) {
  return in.command.operation() == proof::kOperationPins &&
         !in.request.transaction().empty();
}

}  // namespace

absl::StatusOr<v1::ApplyResponse> Applier::Apply(
    const rpc::Caller& caller, const v1::ApplyRequest& request) {
  ASSIGN_OR_RETURN(const std::string tenant,
                   rpc::TenantOf(caller, request.tenant()));
  RETURN_IF_ERROR(CheckRequest(request));
  std::vector<ApplyCase> cases;
  std::set<std::string> ids;
  for (const common::v1::BatchItem& item : request.items()) {
    ASSIGN_OR_RETURN(proof::v1::Command command,
                     proof::ParseCommand(item.command()));
    RETURN_IF_ERROR(CheckOurs(command.operation()));
    if (!ids.insert(command.command_id()).second) {
      return FieldError("items", "has a command twice");
    }
    cases.push_back({caller, request, tenant, item.command(),
                     std::move(command), ProofOf(request, item)});
    cases.back().portals = portals_;
  }
  return ApplyAll(tenant, cases);
}

absl::StatusOr<v1::ApplyResponse> Applier::ApplyAll(
    const std::string& tenant, std::vector<ApplyCase>& cases) {
  v1::ApplyResponse response;
  RETURN_IF_ERROR(store_.Decide(tenant, [&](Change& change) -> absl::Status {
    response.clear_results();
    for (ApplyCase& in : cases) {
      in.now_ms = static_cast<uint64_t>(UnixMillis(store_.clock()));
      ASSIGN_OR_RETURN(*response.add_results(), ApplyOnce(change, in));
      change.Settle();
    }
    return absl::OkStatus();
  }));
  for (const ApplyCase& in : cases) {
    if (IsProvisioning(in)) RETURN_IF_ERROR(AddToken(in, response));
  }
  return response;
}

absl::StatusOr<common::v1::ApplyResult> Applier::ApplyOnce(
    Change& change, const ApplyCase& in) {
  const std::string key = key::Applied(in.command.command_id());
  const std::string hash = crypto::ToString(crypto::Sha256(in.bytes));
  ASSIGN_OR_RETURN(const absl::optional<AppliedRow> applied,
                   change.Read<AppliedRow>(key));
  common::v1::ApplyResult result;
  result.set_command_id(in.command.command_id());
  if (applied.has_value()) {
    if (applied->command_hash() != hash) {
      return Error(reason::kCommandMismatch,
                   "another command was applied under this id");
    }
    result.set_already_applied(true);
    result.set_resource(applied->resource());
    return result;
  }
  ASSIGN_OR_RETURN(*result.mutable_resource(), CarryOut(change, in));
  AppliedRow row;
  row.set_command_hash(hash);
  row.set_resource(result.resource());
  ASSIGN_OR_RETURN(const auto statement, StatementOf(in));
  change.Put(
      key, std::move(row),
      absl::FromUnixMillis(static_cast<int64_t>(statement.execute_by_ms())) +
          kRemembered);
  return result;
}

absl::StatusOr<std::string> Applier::CarryOut(Change& change,
                                              const ApplyCase& in) {
  ASSIGN_OR_RETURN(const auto statement, StatementOf(in));
  RETURN_IF_ERROR(
      proof::CheckPurpose(in.command.operation(), statement.purpose()));
  if (in.command.operation() == proof::kOperationEnrol) {
    return ApplyEnrolment(change, in, rp_id_hash_);
  }
  if (IsTokenAct(in.command.operation())) {
    return ApplyTokenAct(change, in, rp_id_hash_);
  }
  if (IsAccountChange(in.command.operation())) {
    return ApplyAccountChange(change, in, rp_id_hash_);
  }
  if (in.command.operation() == proof::kOperationGatewayKey) {
    return ApplyGatewayKey(change, in, rp_id_hash_);
  }
  if (in.command.operation() == proof::kOperationPolicy) {
    return ApplyPolicyChange(change, in, rp_id_hash_);
  }
  if (statement.purpose() == proof::v1::PURPOSE_PROVISION &&
      in.command.operation() == proof::kOperationPins) {
    return ApplyProvisioning(change, in, rp_id_hash_, tokens_, store_.random());
  }
  if (statement.purpose() == proof::v1::PURPOSE_PINS ||
      statement.purpose() == proof::v1::PURPOSE_TRANSFER) {
    return ApplyPinsUpdate(change, in);
  }
  if (in.command.operation() == proof::kOperationUnbind) {
    return ApplyUnbind(change, in);
  }
  return NotYet(in.command.operation());
}

absl::Status Applier::AddToken(const ApplyCase& in,
                               v1::ApplyResponse& response) {
  const std::string& id = in.command.device();
  ASSIGN_OR_RETURN(
      const DeviceRow row,
      store_.Require<DeviceRow>(in.tenant, key::Device(id), DeviceName(id)));
  // A device that has moved on since has had its first token.
  if (row.device().state() != v1::DEVICE_STATE_BOUND ||
      row.transaction() != in.request.transaction()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(*response.add_access_tokens(), tokens_.Sign(in.tenant, row));
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
