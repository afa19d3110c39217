#ifndef U2FI_SERVICES_COMMAND_GATE_LOST_TOUCHES_H_
#define U2FI_SERVICES_COMMAND_GATE_LOST_TOUCHES_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/command-gate/approvals.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/gate_flow.h"
#include "services/common/audit/lost_rows.h"

namespace u2fi::command_gate {

// Rows about commands: for audit::LostRows.
bool IsAboutCommand(const audit::ParsedRow& row);

// Commands that a failover of the store put back: it forgot what this process's
// audit remembers (decisions D5). A touch that was verified before, and whose
// question is open again, is taken without another one; the command then goes
// down again, and the agent's journal or the device's window knows whether it
// was executed. What else is open is asked again, since the gateway may have
// dropped the question. A command that is gone stays gone. Thread-safe;
// replicas may do the same at the same time.
class LostTouches {
 public:
  // The references must outlive this object.
  LostTouches(CommandStore& commands, Approvals& approvals, GateFlow& flow,
              audit::LostRows& lost)
      : commands_(commands), approvals_(approvals), flow_(flow), lost_(lost) {}

  // Deals with all that was noted; for once a second. What cannot be done since
  // a service or the store is away stays noted; the first such error.
  absl::Status Apply();

 private:
  absl::Status ApplyRows(const std::string& tenant,
                         const std::vector<audit::ParsedRow>& rows);
  absl::Status ApplyRow(const std::string& tenant, const audit::ParsedRow& row);
  absl::Status GoOn(const std::string& tenant, const std::string& command_id);

  CommandStore& commands_;
  Approvals& approvals_;
  GateFlow& flow_;
  audit::LostRows& lost_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_LOST_TOUCHES_H_
