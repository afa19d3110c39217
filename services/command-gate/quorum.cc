#include "services/command-gate/quorum.h"

#include <vector>

#include "services/common/proof/rules.h"

namespace u2fi::command_gate {
namespace {

using records::v1::CommandRow;
using records::v1::Slot;

bool IsAccepted(const Slot& slot) {
  return slot.state() == v1::APPROVAL_STATE_ACCEPTED;
}

bool IsInPlay(const Slot& slot) {
  return IsAccepted(slot) || slot.state() == v1::APPROVAL_STATE_ASKED ||
         slot.state() == v1::APPROVAL_STATE_QUEUED;
}

// Whether the slots that `counts` are enough.
bool Suffice(const CommandRow& row, bool (*counts)(const Slot&)) {
  std::vector<proof::CountedApproval> counted;
  for (const Slot& slot : row.slots()) {
    if (!counts(slot)) continue;
    proof::CountedApproval one;
    one.roles = row.quorum().roles();
    one.level = row.quorum().level();
    one.user_verified = row.quorum().uv();
    one.gateway = slot.gateway();
    one.site = slot.site();
    counted.push_back(one);
  }
  if (row.has_quorum()) {
    return proof::CheckRule(row.quorum(), /*lease_running=*/false, counted)
        .ok();
  }
  return !counted.empty() &&
         counted.size() == static_cast<size_t>(row.slots_size());
}

}  // namespace

bool IsApproved(const CommandRow& row) { return Suffice(row, IsAccepted); }

bool MayBeApproved(const CommandRow& row) { return Suffice(row, IsInPlay); }

google::protobuf::RepeatedPtrField<proof::v1::Approval> TouchesOf(
    const CommandRow& row) {
  google::protobuf::RepeatedPtrField<proof::v1::Approval> touches;
  for (const Slot& slot : row.slots()) {
    if (IsAccepted(slot)) *touches.Add() = slot.approval();
  }
  return touches;
}

}  // namespace u2fi::command_gate
