#include "services/command-gate/quorum.h"

#include <algorithm>
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

// Whether the slots that `counts` satisfy one rule of the quorum.
bool Satisfy(const CommandRow& row, const proof::v1::Rule& rule,
             bool (*counts)(const Slot&)) {
  std::vector<proof::CountedApproval> counted;
  for (const Slot& slot : row.slots()) {
    if (!counts(slot) || slot.new_owner()) continue;
    if (slot.own() && rule.approvals() > 1) continue;
    proof::CountedApproval one;
    one.roles = slot.roles() != 0 ? slot.roles() : rule.roles();
    one.level = rule.level();
    one.user_verified = rule.uv();
    one.gateway = slot.gateway();
    one.site = slot.site();
    counted.push_back(one);
  }
  return proof::CheckRule(rule, /*lease_running=*/false, counted).ok();
}

bool NewOwnerAgrees(const CommandRow& row, bool (*counts)(const Slot&)) {
  return row.purpose() != proof::v1::PURPOSE_TRANSFER ||
         std::any_of(row.slots().begin(), row.slots().end(),
                     [&](const Slot& slot) {
                       return slot.new_owner() && counts(slot);
                     });
}

// Whether the slots that `counts` are enough.
bool Suffice(const CommandRow& row, bool (*counts)(const Slot&)) {
  if (row.has_quorum()) {
    return Satisfy(row, row.quorum(), counts) && NewOwnerAgrees(row, counts) &&
           std::all_of(row.also().begin(), row.also().end(),
                       [&](const proof::v1::Rule& rule) {
                         return Satisfy(row, rule, counts);
                       });
  }
  return !row.slots().empty() &&
         std::all_of(row.slots().begin(), row.slots().end(), counts);
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
