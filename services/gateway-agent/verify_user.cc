#include "services/gateway-agent/verify_user.h"

#include <string>

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using ctap2::Pin;
using u2fhid::WaitLimit;

// The key did not recognise its user, or will try no more (CTAP 2.1, 8.2:
// UV_BLOCKED, UV_INVALID).
bool WasNotRecognised(const absl::Status& status) {
  if (!IsReason(status, reason::kDeviceStatus)) return false;
  const std::string code = MetadataOf(status)["status"];
  return code == "3c" || code == "3f";
}

bool NeedsPin(const absl::Status& status) {
  return IsReason(status, reason::kPinRequired) || WasNotRecognised(status);
}

// With a PIN, until it is the right one.
absl::Status UsePins(const CueText& text, ctap2::Ctap2Key& key, PinSource& pins,
                     const WaitLimit& limit, const KeyUse& use) {
  PinPrompt prompt{text, 0, false};
  while (true) {
    ASSIGN_OR_RETURN(prompt.tries_left, key.PinRetries(limit));
    if (prompt.tries_left <= 0) {
      return Error(reason::kPinBlocked, "no try of the key's PIN is left");
    }
    ASSIGN_OR_RETURN(const Pin pin, pins.Ask(prompt, limit));
    absl::Status status = use(&pin);
    if (!IsReason(status, reason::kPinInvalid)) return status;
    prompt.was_wrong = true;
  }
}

}  // namespace

absl::Status WithUserVerified(bool wanted, const CueText& text,
                              ctap2::Ctap2Key& key, PinSource& pins,
                              const WaitLimit& limit, const KeyUse& use) {
  ASSIGN_OR_RETURN(const ctap2::Verification can, key.CanVerify(limit));
  if (!wanted || can.by_itself) {
    absl::Status status = use(nullptr);
    if (!NeedsPin(status)) return status;
  }
  if (!can.by_pin) {
    return Error(reason::kPinNotSet, "the key cannot verify its user");
  }
  return UsePins(text, key, pins, limit, use);
}

}  // namespace u2fi::gateway_agent
