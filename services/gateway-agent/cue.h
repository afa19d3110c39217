#ifndef U2FI_SERVICES_GATEWAY_AGENT_CUE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_CUE_H_

#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/common/sync/sync.h"
#include "services/gateway-agent/question.h"

namespace u2fi::gateway_agent {

// What people at the site see while a key is asked. Made from the bytes that
// the key will cover and from nothing else.
struct CueText {
  // Id of the question.
  std::string approval_id;
  // One line a fact: what, where, with which arguments, who asks, words.
  std::vector<std::string> lines;
  // The four comparison words with blanks between them; empty for a
  // registration.
  std::string words;
  // URI of the caller who asked, a blank, the account.
  std::string requester;
  // Milliseconds since 1970: until when a touch counts.
  uint64_t approve_by_ms = 0;
};

// The text of a question.
CueText CueOf(const std::string& approval_id, const CheckedQuestion& question);

// A key wants its PIN before it is touched.
struct PinPrompt {
  // What for.
  CueText text;
  // Wrong PINs after which the key is useless: 1 is the last try.
  int tries_left = 0;
  // The one before was wrong.
  bool was_wrong = false;
};

// A light, a screen, a buzzer. Thread-safe; each method returns at once and
// calls nothing of the agent.
class Cue {
 public:
  virtual ~Cue() = default;
  // A touch is wanted for this. Several may be wanted at once, of several keys.
  virtual void On(const CueText& text) = 0;
  // Its key wants a PIN first: somebody gives it by the local API.
  virtual void WantPin(const PinPrompt& prompt) = 0;
  // Not any more: "done", "declined", "timeout", or a reason.
  virtual void Off(const CueText& text, const std::string& why) = 0;
};

// Prints to a stream, each cue in one piece.
class TerminalCue : public Cue {
 public:
  // `out` must outlive this object.
  explicit TerminalCue(std::ostream& out = std::cout) : out_(out) {}

  void On(const CueText& text) override;
  void WantPin(const PinPrompt& prompt) override;
  void Off(const CueText& text, const std::string& why) override;

 private:
  void Print(const std::string& text);

  Mutex mutex_;
  std::ostream& out_ ABSL_GUARDED_BY(mutex_);
};

// Several at once.
class CueGroup : public Cue {
 public:
  // Before all else.
  void Add(std::unique_ptr<Cue> cue) { cues_.push_back(std::move(cue)); }

  void On(const CueText& text) override {
    for (const auto& cue : cues_) cue->On(text);
  }
  void WantPin(const PinPrompt& prompt) override {
    for (const auto& cue : cues_) cue->WantPin(prompt);
  }
  void Off(const CueText& text, const std::string& why) override {
    for (const auto& cue : cues_) cue->Off(text, why);
  }

 private:
  std::vector<std::unique_ptr<Cue>> cues_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_CUE_H_
