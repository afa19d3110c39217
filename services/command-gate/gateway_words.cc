#include "services/command-gate/gateway_words.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/string_view.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::GatewayMessage;

constexpr size_t kMaxReason = 64;
constexpr size_t kMaxOutcome = 1024;
// A P-256 signature in DER, with room.
constexpr size_t kMaxSignature = 104;

absl::Status CheckReason(const char* field, absl::string_view reason) {
  const bool good =
      reason.size() <= kMaxReason &&
      std::all_of(reason.begin(), reason.end(), [](char c) {
        return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '_';
      });
  return good ? absl::OkStatus() : FieldError(field, "is not a reason");
}

absl::Status CheckSize(const char* field, absl::string_view value,
                       size_t most) {
  return value.size() <= most ? absl::OkStatus()
                              : FieldError(field, "is too long");
}

absl::Status CheckResult(const gateway::v1::CommandResult& result) {
  RETURN_IF_ERROR(CheckSize("command_result.outcome_text",
                            result.outcome_text(), kMaxOutcome));
  return CheckSize("command_result.device_signature", result.device_signature(),
                   kMaxSignature);
}

absl::Status CheckBinding(const gateway::v1::BindingResult& result) {
  RETURN_IF_ERROR(CheckReason("binding_result.reason", result.reason()));
  return CheckSize("binding_result.device_signature", result.device_signature(),
                   kMaxSignature);
}

}  // namespace

absl::Status CheckWords(const GatewayMessage& message) {
  RETURN_IF_ERROR(CheckSize("message_id", message.message_id(), kMaxMessageId));
  switch (message.body_case()) {
    case GatewayMessage::kApprovalAnswer:
      return CheckReason("approval_answer.failed.reason",
                         message.approval_answer().failed().reason());
    case GatewayMessage::kEnrolmentAnswer:
      return CheckReason("enrolment_answer.failed.reason",
                         message.enrolment_answer().failed().reason());
    case GatewayMessage::kDeviceProof:
      return CheckReason("device_proof.reason",
                         message.device_proof().reason());
    case GatewayMessage::kCommandAccepted:
      return CheckReason("command_accepted.refused_reason",
                         message.command_accepted().refused_reason());
    case GatewayMessage::kCommandResult:
      return CheckResult(message.command_result());
    case GatewayMessage::kBindingResult:
      return CheckBinding(message.binding_result());
    default:
      return absl::OkStatus();
  }
}

}  // namespace u2fi::command_gate
