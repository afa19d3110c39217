#ifndef U2FI_SERVICES_GATEWAY_AGENT_CUE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_CUE_H_

#include <string>
#include <vector>

#include "services/gateway-agent/question.h"

namespace u2fi::gateway_agent {

// What people at the site see while a key is asked. Made from the bytes that
// the key will cover and from nothing else.
struct CueText {
  // Id of the question.
  std::string approval_id;
  // One line a fact: what, where, with which arguments, who asks, words.
  std::vector<std::string> lines;
  // Milliseconds since 1970: until when a touch counts.
  uint64_t approve_by_ms = 0;
};

// The text of a question.
CueText CueOf(const std::string& approval_id, const CheckedQuestion& question);

// A light, a screen, a buzzer. Called on one thread; returns at once.
class Cue {
 public:
  virtual ~Cue() = default;
  // A touch is wanted for this.
  virtual void On(const CueText& text) = 0;
  // Not any more: "done", "declined", "timeout", or a reason.
  virtual void Off(const CueText& text, const std::string& why) = 0;
};

// Prints to the standard output.
class TerminalCue : public Cue {
 public:
  void On(const CueText& text) override;
  void Off(const CueText& text, const std::string& why) override;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_CUE_H_
