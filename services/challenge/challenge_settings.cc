#include "services/challenge/challenge_settings.h"

#include "absl/strings/str_cat.h"

namespace u2fi::challenge {

void CheckSettings(absl::string_view path,
                   const config::v1::ChallengeSettings& settings,
                   config::Checks& checks) {
  checks.Range(absl::StrCat(path, ".remember"), settings.has_remember(),
               settings.remember(), absl::Seconds(30), absl::Minutes(10));
}

absl::Duration RememberFrom(const config::v1::ChallengeSettings& settings) {
  return config::DurationOr(settings.has_remember(), settings.remember(),
                            absl::Seconds(30));
}

}  // namespace u2fi::challenge
