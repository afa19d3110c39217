// Batches: the approvals once, for all commands of this gateway.
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/log_refusal.h"

namespace u2fi::gateway_agent {
namespace {

// More than a batch has are not looked at.
constexpr int kMaxItems = 1000;

// The approvals as all items share them.
absl::StatusOr<proof::Approvals> SharedApprovals(
    const proof::ApprovalList& list) {
  RETURN_IF_ERROR(proof::CheckSizes(list));
  ASSIGN_OR_RETURN(proof::Approvals approvals, proof::Approvals::Parse(list));
  RETURN_IF_ERROR(approvals.CheckAgreement());
  return approvals;
}

}  // namespace

void DeviceDesk::ExecuteBatch(const gateway::v1::ExecuteBatch& batch) {
  if (batch.items_size() > kMaxItems) {
    LogRefusal("a batch was refused", "",
               FieldError("items", "has more than 1,000 entries"));
    return;
  }
  // Where they are no good, each item is refused for what is wrong with them.
  absl::StatusOr<proof::Approvals> shared = SharedApprovals(batch.approvals());
  gateway::v1::ExecuteCommand execute;
  proof::v1::Proof& proof = *execute.mutable_proof();
  *proof.mutable_approvals() = batch.approvals();
  for (const common::v1::BatchItem& item : batch.items()) {
    execute.set_command(item.command());
    proof.set_index(item.index());
    *proof.mutable_path() = item.path();
    Execute(execute, shared.ok() ? &*shared : nullptr);
    if (handing_.size() >= SiteStore::kMaxHanded) HandGroup();
  }
}

absl::StatusOr<proof::VerifiedCommand> DeviceDesk::VerifyOne(
    const gateway::v1::ExecuteCommand& execute,
    const proof::VerifyInputs& inputs, proof::Approvals* shared) {
  if (!execute.has_proof()) return proof::VerifyFree(execute.command(), inputs);
  if (shared == nullptr) {
    return proof::VerifyProof(execute.command(), execute.proof(), inputs);
  }
  const auto& path = execute.proof().path();
  return proof::VerifyItem(execute.command(), execute.proof().index(),
                           {path.begin(), path.end()}, *shared, inputs);
}

}  // namespace u2fi::gateway_agent
