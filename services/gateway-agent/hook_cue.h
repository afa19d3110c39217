#ifndef U2FI_SERVICES_GATEWAY_AGENT_HOOK_CUE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_HOOK_CUE_H_

#include <deque>
#include <map>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/cancel_flag.h"
#include "services/gateway-agent/cue.h"

namespace u2fi::gateway_agent {

// Calls an executable for each change (executable.h), one after the other. It
// is killed when it takes too long; what it does or fails to do changes nothing
// for the question. Its environment:
//   U2FI_EVENT           on, pin (the key wants its PIN first), or off
//   U2FI_APPROVAL_ID     id of the question
//   U2FI_TEXT            the exact text, lines with newlines between them
//   U2FI_WORDS           the comparison words with blanks between them
//   U2FI_REQUESTER       who asks
//   U2FI_APPROVE_BY_MS   milliseconds since 1970
//   U2FI_WHY             with off: done, declined, cancelled, or a reason
//   U2FI_PIN_TRIES       with pin: how many are left
//   U2FI_PIN_WAS_WRONG   with pin: yes or no: whether the one before was
// The PIN itself never goes through it: AgentLocal.EnterPin takes it.
class HookCue : public Cue {
 public:
  // Changes that wait; the oldest is dropped beyond.
  static constexpr size_t kMaxWaiting = 64;

  // `path` is absolute. `clock` is the machine's and must outlive this object.
  HookCue(std::string path, absl::Duration timeout, const Clock& clock);
  // Kills what runs, and drops what waits.
  ~HookCue() override;

  void On(const CueText& text) override;
  void WantPin(const PinPrompt& prompt) override;
  void Off(const CueText& text, const std::string& why) override;

  // Blocks until every change so far was told, for tests.
  void Flush();

 private:
  using Environment = std::map<std::string, std::string>;

  void Add(Environment environment);
  void WorkUntilStopped();

  const std::string path_;
  const absl::Duration timeout_;
  const Clock& clock_;
  u2fhid::CancelFlag cancel_;
  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Environment> waiting_ ABSL_GUARDED_BY(mutex_);
  std::thread working_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_HOOK_CUE_H_
