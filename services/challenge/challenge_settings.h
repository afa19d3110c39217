#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_SETTINGS_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_SETTINGS_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/config/checks.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::challenge {

// The bounds that config.proto states. `path` is the key of the settings.
void CheckSettings(absl::string_view path,
                   const config::v1::ChallengeSettings& settings,
                   config::Checks& checks);

// How long a challenge is remembered after its deadline.
absl::Duration RememberFrom(const config::v1::ChallengeSettings& settings);

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_SETTINGS_H_
