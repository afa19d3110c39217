#ifndef U2FI_SERVICES_GATEWAY_AGENT_VERIFY_USER_H_
#define U2FI_SERVICES_GATEWAY_AGENT_VERIFY_USER_H_

#include <functional>

#include "absl/status/status.h"
#include "services/common/ctap2/ctap2_key.h"
#include "services/gateway-agent/cue.h"
#include "services/gateway-agent/pin_desk.h"

namespace u2fi::gateway_agent {

// What a key is to do, with a PIN or (null) without one; its error.
using KeyUse = std::function<absl::Status(const ctap2::Pin*)>;

// Has `key` do something with its user verified, if that is `wanted` or the key
// wants it. A key that recognises its user by itself is let do so first. A PIN
// is asked of `pins` only if nothing else will do, with how many tries are
// left, again after a wrong one, until it is right or nobody gives another;
// each is used once. Errors are those of `use` and `pins`, of which the last
// say why no PIN helps:
//   PIN_NOT_SET       the key has none and cannot verify its user otherwise
//   PIN_AUTH_BLOCKED  it must be pulled out first
//   PIN_BLOCKED       no try is left
// `text` says what the PIN is for.
absl::Status WithUserVerified(bool wanted, const CueText& text,
                              ctap2::Ctap2Key& key, PinSource& pins,
                              const u2fhid::WaitLimit& limit,
                              const KeyUse& use);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_VERIFY_USER_H_
