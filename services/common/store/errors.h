#ifndef U2FI_SERVICES_COMMON_STORE_ERRORS_H_
#define U2FI_SERVICES_COMMON_STORE_ERRORS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace u2fi::store {

// The answers that all engines give in the same words. `cause` goes into the
// message, so it must hold no value and no secret.

// STORE_ABORTED at the expectation on `key`; empty: it was never applied.
absl::Status Aborted(absl::string_view key);

// STORE_EPOCH_CHANGED.
absl::Status EpochChanged();

// STORE_OUTCOME_UNKNOWN.
absl::Status OutcomeUnknown(absl::string_view cause);

// STORE_UNAVAILABLE with the advice to try again in a second. `cause` may be
// the message of another such error. (Threads pass causes on as text: tsan does
// not see how the packaged absl::Status counts its references.)
absl::Status Unavailable(absl::string_view cause);

// STORE_LIMIT: the values asked for exceed kMaxReadBytes.
absl::Status ReadTooLarge();

// STORE_CORRUPT naming the key.
absl::Status Corrupt(absl::string_view key, absl::string_view problem);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_ERRORS_H_
