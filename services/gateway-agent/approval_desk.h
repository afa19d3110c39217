#ifndef U2FI_SERVICES_GATEWAY_AGENT_APPROVAL_DESK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_APPROVAL_DESK_H_

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/cue.h"
#include "services/gateway-agent/identity.h"
#include "services/gateway-agent/mesh_sender.h"
#include "services/gateway-agent/pin_desk.h"
#include "services/gateway-agent/token.h"
#include "services/gateway-agent/touch.h"
#include "services/gateway-agent/turns.h"
#include "u2fi/gateway/v1/local.pb.h"

namespace u2fi::gateway_agent {

struct ApprovalOptions {
  // A touch is waited for so long, and never beyond approve_by.
  absl::Duration touch_timeout = absl::InfiniteDuration();
  // Without ApprovalOutcome a key may be asked again after this.
  absl::Duration outcome_within = absl::Seconds(10);
  // How often keys are looked for while a question waits for one that is not
  // plugged in.
  absl::Duration look_again = absl::Milliseconds(200);
};

// Puts the mesh's questions to the keys of the site. Each is checked from its
// bytes when it comes, and what does not agree is refused with a reason. A key
// gets one question at a time, and the next one only after the mesh said what
// became of the last touch; a question for another key does not wait for it.
// Those who ask take turns (turns.h). A question that comes again (after a
// reconnect) is not put again: its answer goes up again. Thread-safe; one
// thread for each key in use, and one more.
class ApprovalDesk : public MeshHandler {
 public:
  // More questions at once are refused (GATEWAY_LIMIT): twice what the mesh
  // may ask.
  static constexpr size_t kMaxOpen = 32;

  // The references must outlive this object.
  ApprovalDesk(const AgentIdentity& identity, const Clock& clock,
               TokenFinder& tokens, Cue& cue, MeshSender& mesh,
               const ApprovalOptions& options = ApprovalOptions());
  ~ApprovalDesk() override;

  void OnConnected(const gateway::v1::Welcome& welcome) override;
  bool OnMessage(const gateway::v1::MeshMessage& message) override;

  // Somebody at the site says no to the question `id`, or to the first that is
  // shown if `id` is empty. False if there is none, or it was touched for.
  bool Decline(const std::string& id, const std::string& source);

  // Takes a PIN for the question whose key wants one: see PinDesk::Give().
  absl::Status GivePin(GivenPin&& given) {
    return pins_.Give(std::move(given));
  }
  // The keys that want one now.
  std::vector<PinPrompt> WantedPins() const { return pins_.Wanted(); }

  // The questions without an answer, those that are shown first.
  std::vector<gateway::v1::WaitingQuestion> Waiting() const;

 private:
  enum class State { kWaiting, kTouching, kAnswered };

  // A question on its way. Members below the flag are guarded by mutex_.
  struct Question {
    Question(TouchRequest the_request, CueText the_text)
        : request(std::move(the_request)), text(std::move(the_text)) {}

    const TouchRequest request;
    const CueText text;
    u2fhid::CancelFlag cancel;
    State state = State::kWaiting;
    bool shown = false;
    // Who said no, or empty.
    std::string declined_by;
    // The mesh wants no answer.
    bool void_now = false;
    bool outcome_known = false;
  };
  using QuestionPtr = std::shared_ptr<Question>;

  // A question and a key that can answer it.
  struct Match {
    QuestionPtr question;
    std::unique_ptr<Token> token;
    TouchPlan plan;
  };

  void Take(const gateway::v1::MeshMessage& message, const std::string& id);
  // A question is open that was not before.
  bool Open(const gateway::v1::MeshMessage& message, const std::string& id)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Void(const std::string& id);
  void NoteOutcome(const std::string& id);

  // Workers take turns: one looks for keys, those that found one wait for its
  // touch.
  void WorkUntilStopped();
  bool BecomeFinder();
  absl::optional<Match> FindMatch();
  absl::optional<Match> TryTokens(const std::vector<QuestionPtr>& waiting);
  // What waits, whose turn is first at the front.
  std::vector<QuestionPtr> InTurn() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The same, after what waited too long was answered.
  std::vector<QuestionPtr> StillWaiting(uint64_t& seen, bool& stopped);
  bool Claim(Question& question, const std::string& port);
  void Put(Match match);
  u2fhid::WaitLimit LimitOf(Question& question) const;

  QuestionPtr Find(const std::string& id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool AnyWaiting() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sees to it that somebody looks for keys: whether to wake a worker.
  bool EnsureFinder() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Show(Question& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The cue goes off, and `answer` goes up unless the question is void.
  void Answer(Question& question, gateway::v1::GatewayMessage answer,
              const std::string& why) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WaitForOutcome(Question& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Remove(const Question& question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Changed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const AgentIdentity& identity_;
  const Clock& clock_;
  TokenFinder& tokens_;
  Cue& cue_;
  MeshSender& mesh_;
  const ApprovalOptions options_;
  PinDesk pins_;
  const Toucher toucher_;

  mutable Mutex mutex_;
  // A finder and those whose touch is answered wait for changes, idle workers
  // for a question that nobody finds a key for.
  CondVar changed_;
  CondVar work_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  // Goes up with everything that a finder must look at.
  uint64_t changes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool finding_ ABSL_GUARDED_BY(mutex_) = false;
  size_t idle_ ABSL_GUARDED_BY(mutex_) = 0;
  // In the order of their coming.
  std::deque<QuestionPtr> open_ ABSL_GUARDED_BY(mutex_);
  Turns turns_ ABSL_GUARDED_BY(mutex_);
  // Ports of the keys in use.
  std::set<std::string> busy_ ABSL_GUARDED_BY(mutex_);
  // The last answers, by question, to be sent again; oldest first in order_.
  std::map<std::string, gateway::v1::GatewayMessage> answers_
      ABSL_GUARDED_BY(mutex_);
  std::deque<std::string> order_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> workers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_APPROVAL_DESK_H_
