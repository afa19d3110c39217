#include "services/command-gate/command_states.h"

#include "absl/strings/strip.h"
#include "services/common/status/error.h"
#include "services/common/status/reasons.h"

namespace u2fi::command_gate {
namespace {

bool IsBeforeDispatch(v1::CommandState state) {
  return state == v1::COMMAND_STATE_PREPARING ||
         state == v1::COMMAND_STATE_AWAITING_APPROVAL ||
         state == v1::COMMAND_STATE_APPROVED;
}

bool IsRefusal(v1::CommandState state) {
  return state == v1::COMMAND_STATE_DENIED ||
         state == v1::COMMAND_STATE_EXPIRED ||
         state == v1::COMMAND_STATE_CANCELLED;
}

bool IsOutcome(v1::CommandState state) {
  return state == v1::COMMAND_STATE_SUCCEEDED ||
         state == v1::COMMAND_STATE_FAILED ||
         state == v1::COMMAND_STATE_UNKNOWN_OUTCOME;
}

}  // namespace

bool IsFinal(v1::CommandState state) {
  return IsRefusal(state) || IsOutcome(state);
}

v1::CommandState StateAfterRefusal(absl::string_view name) {
  return name == reason::kTouchTimeout.name || name == reason::kPinTimeout.name
             ? v1::COMMAND_STATE_EXPIRED
             : v1::COMMAND_STATE_DENIED;
}

bool MayMove(v1::CommandState from, v1::CommandState to, bool free) {
  if (IsRefusal(to)) return IsBeforeDispatch(from);
  switch (from) {
    case v1::COMMAND_STATE_PREPARING:
      return to == (free ? v1::COMMAND_STATE_DISPATCHED
                         : v1::COMMAND_STATE_AWAITING_APPROVAL);
    case v1::COMMAND_STATE_AWAITING_APPROVAL:
      return to == v1::COMMAND_STATE_AWAITING_APPROVAL ||
             to == v1::COMMAND_STATE_APPROVED;
    case v1::COMMAND_STATE_APPROVED:
      return to == v1::COMMAND_STATE_DISPATCHED ||
             to == v1::COMMAND_STATE_FAILED;
    case v1::COMMAND_STATE_DISPATCHED:
      return IsOutcome(to);
    default:
      return false;
  }
}

bool IsPassing(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kAborted ||
         status.code() == absl::StatusCode::kDeadlineExceeded;
}

bool IsFinalRefusal(const absl::Status& status) {
  return status.code() == absl::StatusCode::kPermissionDenied ||
         status.code() == absl::StatusCode::kNotFound ||
         (status.code() == absl::StatusCode::kFailedPrecondition &&
          !MayHaveChanged(status));
}

bool MayHaveChanged(const absl::Status& status) {
  return IsReason(status, reason::kStoreAborted) ||
         IsReason(status, reason::kStoreEpochChanged) ||
         IsReason(status, reason::kStoreOutcomeUnknown);
}

absl::string_view StateName(v1::CommandState state) {
  return absl::StripPrefix(absl::string_view(v1::CommandState_Name(state)),
                           "COMMAND_STATE_");
}

}  // namespace u2fi::command_gate
