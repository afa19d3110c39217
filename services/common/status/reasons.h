#ifndef U2FI_SERVICES_COMMON_STATUS_REASONS_H_
#define U2FI_SERVICES_COMMON_STATUS_REASONS_H_

#include "absl/status/status.h"

namespace u2fi {

// Why something was refused: a name that is part of the API, never reused, and
// the canonical code that always comes with it. protos/README.md has the same
// table with the meanings; a test compares the two.
struct Reason {
  const char* name;
  absl::StatusCode code;
};

namespace reason {

// Malformed requests.
inline constexpr Reason kInvalidField{"INVALID_FIELD",
                                      absl::StatusCode::kInvalidArgument};
// Callers.
inline constexpr Reason kCallerUnknown{"CALLER_UNKNOWN",
                                       absl::StatusCode::kUnauthenticated};
inline constexpr Reason kCallerNotAllowed{"CALLER_NOT_ALLOWED",
                                          absl::StatusCode::kPermissionDenied};
// Challenges.
inline constexpr Reason kChallengeUnknown{
    "CHALLENGE_UNKNOWN", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kChallengeExpired{
    "CHALLENGE_EXPIRED", absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kChallengeReused{"CHALLENGE_REUSED",
                                         absl::StatusCode::kFailedPrecondition};
inline constexpr Reason kChallengeScope{"CHALLENGE_SCOPE",
                                        absl::StatusCode::kFailedPrecondition};
// The store.
inline constexpr Reason kStoreUnavailable{"STORE_UNAVAILABLE",
                                          absl::StatusCode::kUnavailable};
// Keys and signatures.
inline constexpr Reason kPublicKeyInvalid{"PUBLIC_KEY_INVALID",
                                          absl::StatusCode::kPermissionDenied};
inline constexpr Reason kSignatureInvalid{"SIGNATURE_INVALID",
                                          absl::StatusCode::kPermissionDenied};
// What is not built yet, and what must not happen.
inline constexpr Reason kUnimplemented{"UNIMPLEMENTED",
                                       absl::StatusCode::kUnimplemented};
inline constexpr Reason kInternal{"INTERNAL", absl::StatusCode::kInternal};

}  // namespace reason
}  // namespace u2fi

#endif  // U2FI_SERVICES_COMMON_STATUS_REASONS_H_
