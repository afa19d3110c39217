#ifndef U2FI_SERVICES_COMMAND_GATE_SWEEPER_H_
#define U2FI_SERVICES_COMMAND_GATE_SWEEPER_H_

#include <functional>
#include <string>
#include <vector>

#include "services/command-gate/command_store.h"
#include "services/command-gate/gate_flow.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// Fires the timers that are due: deadlines, and what a crash or another
// service's absence left lying. The caller runs it once a second. Firing twice
// is harmless, since each firing ends in a compare-and-set. Thread-safe.
class Sweeper {
 public:
  // The references must outlive this object. `tenants` lists those to sweep.
  Sweeper(const Clock& clock, CommandStore& commands, GateFlow& flow,
          std::function<std::vector<std::string>()> tenants)
      : clock_(clock),
        commands_(commands),
        flow_(flow),
        tenants_(std::move(tenants)) {}

  // One round over all tenants. Returns how many timers fired.
  int Sweep();

 private:
  int SweepTenant(const std::string& tenant);

  const Clock& clock_;
  CommandStore& commands_;
  GateFlow& flow_;
  const std::function<std::vector<std::string>()> tenants_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_SWEEPER_H_
