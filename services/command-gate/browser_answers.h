#ifndef U2FI_SERVICES_COMMAND_GATE_BROWSER_ANSWERS_H_
#define U2FI_SERVICES_COMMAND_GATE_BROWSER_ANSWERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/gate_flow.h"
#include "u2fi/command_gate/v1/approvals.pb.h"

namespace u2fi::command_gate {

// Takes the answers that the portal brings from browsers: a touch, a new key's
// registration, or a no. Thread-safe; methods block.
class BrowserAnswers {
 public:
  // What became of an answer.
  struct Taken {
    v1::AnswerApprovalResponse response;
    // To be driven on.
    StoredCommand command;
  };

  // The references must outlive this object.
  BrowserAnswers(CommandStore& commands, GateFlow& flow)
      : commands_(commands), flow_(flow) {}

  // The answer to a question of `tenant`, with the question that follows for
  // the same account, if there is one. RESOURCE_UNKNOWN; PLACE_NOT_ALLOWED
  // unless a browser at that origin is asked; INVALID_FIELD for an answer of
  // the wrong kind; the errors of GateFlow's methods.
  absl::StatusOr<Taken> Take(const std::string& tenant,
                             const v1::AnswerApprovalRequest& request);

 private:
  // The question that is answered.
  struct Asked {
    GatewaySession browser;
    std::string account;
    // Of the command, if a registration is asked for; empty otherwise.
    std::string enrolment_id;
  };
  absl::StatusOr<Asked> Find(const std::string& tenant,
                             const v1::AnswerApprovalRequest& request);
  absl::StatusOr<StoredCommand> Touched(
      const Asked& asked, const v1::AnswerApprovalRequest& request,
      common::v1::Verdict& verdict);
  absl::StatusOr<StoredCommand> Registered(
      const Asked& asked, const v1::AnswerApprovalRequest& request,
      common::v1::Verdict& verdict);
  absl::Status AddNext(const std::string& account, Taken& taken);

  CommandStore& commands_;
  GateFlow& flow_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_BROWSER_ANSWERS_H_
