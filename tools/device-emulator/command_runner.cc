#include "tools/device-emulator/command_runner.h"

#include "services/common/proof/operations.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/device-emulator/kit_verifier.h"

namespace u2fi::device {

CommandReport CommandRunner::Run(absl::string_view command_bytes,
                                 absl::string_view proof_bytes) {
  if (auto known = record_.OutcomeOf(command_bytes)) {
    return results_.Report(command_bytes, *known);
  }
  const auto command = Accept(command_bytes, proof_bytes);
  absl::Status begun = command.status();
  if (begun.ok()) begun = record_.Begin(*command);
  if (!begun.ok()) {
    return results_.Report(command_bytes, Refused(begun), begun);
  }
  return results_.Report(command_bytes, Execute(*command));
}

absl::StatusOr<proof::VerifiedCommand> CommandRunner::Accept(
    absl::string_view command_bytes, absl::string_view proof_bytes) const {
  const proof::VerifyInputs inputs = record_.Inputs();
  ASSIGN_OR_RETURN(proof::VerifiedCommand command,
                   VerifyWithKit(command_bytes, proof_bytes, inputs));
  const auto& fields = command.command();
  if (proof::IsReserved(fields.operation())) {
    return Error(reason::kOperationUnknown, "not an operation of the device",
                 {{"operation", fields.operation()}});
  }
  RETURN_IF_ERROR(appliance_.Check(fields.operation(), fields.arguments()));
  RETURN_IF_ERROR(record_.CheckSequence(fields.sequence()));
  return command;
}

std::string CommandRunner::Execute(const proof::VerifiedCommand& command) {
  const auto& fields = command.command();
  if (act_) act_();
  const auto answer =
      appliance_.Execute(fields.operation(), fields.arguments());
  std::string outcome =
      answer.ok() ? SucceededWith(*answer) : Failed(answer.status());
  // Without this line only the memory of the end is lost: it acted.
  record_.End(fields.sequence(), outcome).IgnoreError();
  return outcome;
}

v1::StatusReply CommandRunner::Status(uint64_t sequence) const {
  v1::StatusReply reply;
  reply.set_sequence(sequence);
  reply.set_sequence_high(record_.window().high());
  switch (record_.window().StateOf(sequence)) {
    case SequenceWindow::State::kFree:
      reply.set_state(v1::SEQUENCE_STATE_FREE);
      return reply;
    case SequenceWindow::State::kForgotten:
    case SequenceWindow::State::kTooFar:
      reply.set_state(v1::SEQUENCE_STATE_FORGOTTEN);
      return reply;
    case SequenceWindow::State::kUsed:
      break;
  }
  reply.set_state(v1::SEQUENCE_STATE_USED);
  const RecentCommand* command = record_.recent().FindBySequence(sequence);
  if (command != nullptr && !command->outcome.empty()) {
    *reply.mutable_result() =
        results_.Make(command->command_id, command->outcome);
  }
  return reply;
}

}  // namespace u2fi::device
