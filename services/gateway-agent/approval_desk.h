#ifndef U2FI_SERVICES_GATEWAY_AGENT_APPROVAL_DESK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_APPROVAL_DESK_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/cancel_flag.h"
#include "services/gateway-agent/cue.h"
#include "services/gateway-agent/identity.h"
#include "services/gateway-agent/mesh_sender.h"
#include "services/gateway-agent/token.h"

namespace u2fi::gateway_agent {

// Puts the mesh's questions to the keys of the site, one at a time; the others
// queue. Each is checked from its bytes first, and what does not agree is
// refused with a reason. A question that comes again (after a reconnect) is not
// put again: its answer goes up again. A key is asked for the next touch only
// after the mesh said what became of the last one. Thread-safe; one thread.
class ApprovalDesk : public MeshHandler {
 public:
  // The references must outlive this object.
  ApprovalDesk(const AgentIdentity& identity, const Clock& clock,
               TokenFinder& tokens, Cue& cue, MeshSender& mesh);
  ~ApprovalDesk() override;

  void OnConnected(const gateway::v1::Welcome& welcome) override;
  bool OnMessage(const gateway::v1::MeshMessage& message) override;

  // Somebody at the site says no to what is shown now, which must be `id`, or
  // anything if `id` is empty. False if nothing was shown.
  bool Decline(const std::string& id, const std::string& source);

 private:
  // A question on its way.
  struct Question {
    std::string id;
    // One of the two.
    gateway::v1::ApprovalRequest approval;
    gateway::v1::EnrolmentRequest enrolment;
    bool registers = false;
    u2fhid::CancelFlag cancel;
    // Who said no, or empty.
    std::string declined_by;
    bool outcome_known = false;
  };
  using QuestionPtr = std::shared_ptr<Question>;

  void Take(QuestionPtr question);
  void Cancel(const std::string& id);
  void NoteOutcome(const std::string& id);
  void WorkUntilStopped();
  void Put(Question& question);
  absl::Status PutApproval(Question& question,
                           gateway::v1::GatewayMessage& answer);
  absl::Status PutEnrolment(Question& question,
                            gateway::v1::GatewayMessage& answer);
  absl::Status Sign(const CheckedQuestion& checked, Question& question,
                    gateway::v1::GatewayMessage& answer);
  absl::Status Register(const CheckedQuestion& checked, Question& question,
                        gateway::v1::GatewayMessage& answer);
  // A plugged-in token that has one of the candidates; waits for one.
  absl::StatusOr<std::unique_ptr<Token>> FindOwner(
      Question& question, const u2fhid::WaitLimit& limit,
      common::v1::Candidate& candidate);
  absl::StatusOr<std::unique_ptr<Token>> FindNew(
      Question& question, const u2fhid::WaitLimit& limit);
  u2fhid::WaitLimit LimitOf(const CheckedQuestion& checked,
                            Question& question) const;
  void WaitForOutcome(Question& question);

  const AgentIdentity& identity_;
  const Clock& clock_;
  TokenFinder& tokens_;
  Cue& cue_;
  MeshSender& mesh_;
  const std::string application_;
  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<QuestionPtr> queue_ ABSL_GUARDED_BY(mutex_);
  QuestionPtr shown_ ABSL_GUARDED_BY(mutex_);
  // The last answers, by question, to be sent again; oldest first in order_.
  std::map<std::string, gateway::v1::GatewayMessage> answers_
      ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> order_ ABSL_GUARDED_BY(mutex_);
  std::thread working_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_APPROVAL_DESK_H_
