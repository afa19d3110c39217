#ifndef U2FI_SERVICES_GATEWAY_AGENT_TERMINAL_PINS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_TERMINAL_PINS_H_

#include <ostream>
#include <thread>

#include "services/common/u2fhid/cancel_flag.h"
#include "services/gateway-agent/approval_desk.h"
#include "services/gateway-agent/pin_dialogue.h"

namespace u2fi::gateway_agent {

// Whoever sits at the terminal of a running agent is asked for the PINs that
// its keys want, on a thread of its own. What is left (an empty line) is not
// asked for again there; AgentLocal.EnterPin still takes it.
class TerminalPins {
 public:
  // `desk` and `out` must outlive this object; `in` stays open.
  TerminalPins(ApprovalDesk& desk, int in, std::ostream& out);
  // Ends the question that is asked.
  ~TerminalPins();

 private:
  void WorkUntilStopped();
  void Ask(const PinPrompt& prompt);
  // Whether that is still wanted, as often tried.
  bool IsWanted(const PinPrompt& prompt) const;

  ApprovalDesk& desk_;
  const int in_;
  std::ostream& out_;
  u2fhid::CancelFlag stop_;
  std::thread working_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_TERMINAL_PINS_H_
