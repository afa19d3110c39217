#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_FLOW_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_FLOW_H_

#include <set>
#include <string>
#include <tuple>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/command-gate/approvals.h"
#include "services/command-gate/command_mover.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/dispatcher.h"
#include "services/command-gate/gateway_sender.h"
#include "services/command-gate/preparation.h"
#include "services/common/status/reasons.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/device-registry/registry_client.h"

namespace u2fi::command_gate {

// Drives every command forward, whatever happened to it: approve → apply →
// dispatch → finish. Each step reads the command, does one thing and writes by
// compare-and-set; who loses a race reads the new state and stops. After a
// crash the same steps are taken again by the sweeper or when the gateway
// comes back. Thread-safe; methods block.
class GateFlow : public GatewayEvents {
 public:
  // The references must outlive this object.
  GateFlow(const Clock& clock, CommandStore& commands, CommandMover& mover,
           Preparation& preparation, Approvals& approvals,
           Dispatcher& dispatcher, device_registry::RegistryClient& registry,
           GatewaySender& gateways)
      : clock_(clock),
        commands_(commands),
        mover_(mover),
        preparation_(preparation),
        approvals_(approvals),
        dispatcher_(dispatcher),
        registry_(registry),
        gateways_(gateways) {}

  // Does what the state of `command` asks for, until it waits for somebody
  // outside. Errors are passing ones: the sweeper comes back to it.
  absl::Status Advance(StoredCommand command);

  // Ends a command that nobody has dispatched yet. If somebody was asked, its
  // requester cools down after some. ALREADY_DECIDED otherwise.
  absl::StatusOr<StoredCommand> Cancel(const StoredCommand& command,
                                       absl::string_view caller_uri);

  // A timer of the command fired: ends it if its deadline has passed, or
  // takes up what a crash left lying.
  absl::Status OnTimer(absl::string_view tenant, absl::string_view command_id);

  // Takes an answer that came from a browser; `session` has the tenant and the
  // channel key of its origin, and no gateway. The errors are those of
  // Approvals::Answer(), and APPROVE_BY_PASSED.
  absl::StatusOr<StoredCommand> AnswerInBrowser(
      const GatewaySession& session, const gateway::v1::ApprovalAnswer& answer,
      common::v1::Verdict& verdict);
  // The same for a new key's registration: comes back with the questions that
  // follow it asked. The errors are those of Preparation::OnRegistration(), and
  // APPROVE_BY_PASSED.
  absl::StatusOr<StoredCommand> RegisterInBrowser(
      const GatewaySession& session, const gateway::v1::EnrolmentAnswer& answer,
      common::v1::Verdict& verdict);
  Questions& questions() { return approvals_.questions(); }

  // Puts the questions again that could not be put to their gateway, or whose
  // answer could not be judged, since a service or the store was away; an agent
  // gives the same answer without another touch. For once a second: it puts at
  // most 500 and ends with the first that fails again.
  void AskLeftOver();

  // Puts the open questions of `command` again with the next AskLeftOver().
  void AskSoon(const StoredCommand& command);

  // Sends what waits for the gateway again: questions, and commands that it has
  // to execute.
  void SendAgain(const GatewaySession& session);

  void OnConnected(const GatewaySession& session,
                   const gateway::v1::Hello&) override {
    SendAgain(session);
  }
  void OnMessage(const GatewaySession& session,
                 const gateway::v1::GatewayMessage& message) override;

 private:
  absl::Status Handle(const GatewaySession& session,
                      const gateway::v1::GatewayMessage& message);
  // Reads the command and takes the answer, until it is known what became of
  // it.
  absl::StatusOr<StoredCommand> TakeAnswer(
      const GatewaySession& session, const gateway::v1::ApprovalAnswer& answer,
      common::v1::Verdict& verdict);
  absl::Status OnApproval(const GatewaySession& session,
                          const gateway::v1::ApprovalAnswer& answer);
  // Tenant, command, gateway.
  using Question = std::tuple<std::string, std::string, std::string>;
  void AskLater(const Question& question);
  // So many that timers do not wait long meanwhile.
  std::set<Question> TakeLeftOver();
  absl::Status AskOne(const Question& question);
  // APPROVE_BY_PASSED for an answer from a browser that comes too late: no
  // agent stops asking when the time is up.
  absl::Status CheckInTime(const StoredCommand& asked) const;
  // The command that `answer` is for.
  absl::StatusOr<StoredCommand> FindAsked(
      const GatewaySession& session, const gateway::v1::ApprovalAnswer& answer);
  absl::Status OnEnrolment(const GatewaySession& session,
                           const gateway::v1::EnrolmentAnswer& answer);
  absl::Status OnDeviceProof(const GatewaySession& session,
                             const gateway::v1::DeviceProof& proof);
  absl::Status OnAccepted(const GatewaySession& session,
                          const gateway::v1::CommandAccepted& accepted);
  absl::Status OnResult(const GatewaySession& session,
                        const gateway::v1::CommandResult& result);
  absl::Status OnBinding(const GatewaySession& session,
                         const gateway::v1::BindingResult& result);
  // Tells the registry what devices say, and sends down what they lack.
  absl::Status Confirm(const GatewaySession& session,
                       device_registry::v1::ConfirmRequest request);
  absl::Status OnPins(const GatewaySession& session,
                      const gateway::v1::PinsReport& report);
  absl::Status OnRenewal(const GatewaySession& session,
                         const gateway::v1::TokenRenewal& renewal);
  absl::Status Expire(const StoredCommand& command, v1::CommandState state,
                      const Reason& reason);
  // RESOURCE_UNKNOWN if there is no such command.
  absl::StatusOr<StoredCommand> Find(absl::string_view tenant,
                                     absl::string_view command_id);

  const Clock& clock_;
  CommandStore& commands_;
  CommandMover& mover_;
  Preparation& preparation_;
  Approvals& approvals_;
  Dispatcher& dispatcher_;
  device_registry::RegistryClient& registry_;
  GatewaySender& gateways_;

  Mutex mutex_;
  std::set<Question> left_over_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_FLOW_H_
