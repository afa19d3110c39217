#include "services/command-gate/sweeper.h"

#include "services/common/logging/logging.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {

int Sweeper::Sweep() {
  int fired = 0;
  for (const std::string& tenant : tenants_()) fired += SweepTenant(tenant);
  flow_.AskLeftOver();
  return fired;
}

int Sweeper::SweepTenant(const std::string& tenant) {
  const auto due = commands_.ListDue(tenant, clock_.Now());
  if (!due.ok()) return 0;
  for (const DueTimer& timer : *due) {
    const absl::Status status = flow_.OnTimer(tenant, timer.command_id);
    // Another replica was faster.
    if (status.ok() || IsReason(status, reason::kStoreAborted)) continue;
    logging::Warning("a timer could not fire; it is tried again",
                     {{"tenant", tenant},
                      {"command", timer.command_id},
                      {"reason", ReasonOf(status)}});
  }
  return static_cast<int>(due->size());
}

}  // namespace u2fi::command_gate
