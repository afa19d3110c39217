#ifndef U2FI_SERVICES_GATEWAY_AGENT_PIN_DESK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_PIN_DESK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/ctap2/pin.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/cancel_flag.h"
#include "services/gateway-agent/cue.h"

namespace u2fi::gateway_agent {

// Where the PIN of a key comes from. Thread-safe.
class PinSource {
 public:
  virtual ~PinSource() = default;

  // Blocks until somebody gives a PIN. PIN_TIMEOUT at the deadline,
  // TOKEN_CANCELLED.
  virtual absl::StatusOr<ctap2::Pin> Ask(const PinPrompt& prompt,
                                         const u2fhid::WaitLimit& limit) = 0;
};

// What somebody at the gateway gives.
struct GivenPin {
  std::string approval_id;
  // As it was shown to who typed: so one typed twice is not two tries.
  int tries_left = 0;
  // The last try may be used.
  bool last_try = false;
  // Wiped by Give().
  std::string pin;
};

// Brings the people at the gateway, who give a PIN, together with the key that
// wants it. A PIN is handed on once and never kept. Thread-safe.
class PinDesk : public PinSource {
 public:
  // Both must outlive this object. The cue says that a PIN is wanted.
  PinDesk(const Clock& clock, Cue& cue) : clock_(clock), cue_(cue) {}

  absl::StatusOr<ctap2::Pin> Ask(const PinPrompt& prompt,
                                 const u2fhid::WaitLimit& limit) override;

  // Hands a PIN to the question that wants it. INVALID_FIELD if it can be none;
  // RESOURCE_UNKNOWN if no such question wants one with so many tries left;
  // PIN_LAST_TRY if only one is left and nobody said that it may be used.
  absl::Status Give(GivenPin&& given);

  // What is wanted now; of one question, and of all.
  absl::optional<PinPrompt> WantedFor(const std::string& approval_id) const;
  std::vector<PinPrompt> Wanted() const;

 private:
  struct Open {
    PinPrompt prompt;
    absl::optional<ctap2::Pin> given;
  };

  // The PIN of the question, if it is there by now.
  absl::optional<ctap2::Pin> Take(const std::string& approval_id);

  const Clock& clock_;
  Cue& cue_;
  mutable Mutex mutex_;
  // By question.
  std::map<std::string, Open> open_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_PIN_DESK_H_
