#include "services/command-gate/lost_touches.h"

#include <utility>

#include "services/command-gate/command_states.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

constexpr char kCommands[] = "commands/";

}  // namespace

bool IsAboutCommand(const audit::ParsedRow& row) {
  return !audit::SubjectOf(row, kCommands).empty();
}

absl::Status LostTouches::Apply() {
  return lost_.Apply([this](const std::string& tenant, const auto& rows) {
    return ApplyRows(tenant, rows);
  });
}

absl::Status LostTouches::ApplyRows(const std::string& tenant,
                                    const std::vector<audit::ParsedRow>& rows) {
  std::set<std::string> commands;
  for (const audit::ParsedRow& row : rows) {
    RETURN_IF_ERROR(ApplyRow(tenant, row));
    commands.insert(audit::SubjectOf(row, kCommands));
  }
  for (const std::string& id : commands) RETURN_IF_ERROR(GoOn(tenant, id));
  return absl::OkStatus();
}

absl::Status LostTouches::ApplyRow(const std::string& tenant,
                                   const audit::ParsedRow& row) {
  if (row.header.kind() != audit::v1::ROW_KIND_APPROVAL ||
      row.body.outcome() != common::v1::OUTCOME_ACCEPTED) {
    return absl::OkStatus();
  }
  const std::string id = audit::SubjectOf(row, kCommands);
  for (const proof::v1::Approval& touch : row.body.approvals()) {
    ASSIGN_OR_RETURN(StoredCommand command, commands_.Read(tenant, id));
    if (!command.exists()) return absl::OkStatus();
    absl::Status taken =
        approvals_.AcceptAgain(std::move(command), touch).status();
    if (IsPassing(taken) || MayHaveChanged(taken)) return taken;
    if (taken.ok()) continue;
    logging::Warning(
        "a touch that the store forgot does not count any more",
        {{"tenant", tenant}, {"command", id}, {"reason", ReasonOf(taken)}});
  }
  return absl::OkStatus();
}

absl::Status LostTouches::GoOn(const std::string& tenant,
                               const std::string& command_id) {
  ASSIGN_OR_RETURN(const StoredCommand command,
                   commands_.Read(tenant, command_id));
  if (!command.exists()) return absl::OkStatus();
  flow_.AskSoon(command);
  // If it cannot go on now, the sweeper takes it up.
  flow_.Advance(command).IgnoreError();
  return absl::OkStatus();
}

}  // namespace u2fi::command_gate
