#ifndef U2FI_SERVICES_COMMON_STORE_VALIDATION_H_
#define U2FI_SERVICES_COMMON_STORE_VALIDATION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// What Store refuses before an engine sees it, the same for all engines. The
// limits and the reasons are in store.h; metadata `key` or `field` says what
// was wrong. Keys in messages are shortened, values never appear.

// STORE_KEY_INVALID, or STORE_PARTITION_MIXED for a key with braces: those
// delimit the partition in the engine, so such a key means another one.
absl::Status CheckKey(absl::string_view key);

// Each key, and their number.
absl::Status CheckGet(const std::vector<std::string>& keys);

// In this order: number of keys · epoch · each key · each value · bytes
// together · no key named twice.
absl::Status CheckCommit(const CommitRequest& request);

// Prefix (may be empty) · `after` (empty or a key with that prefix) · limit.
absl::Status CheckScan(absl::string_view prefix, absl::string_view after,
                       size_t limit);

// The size of a hint.
absl::Status CheckHint(absl::string_view payload);

// STORE_UNAVAILABLE if no time is left: nothing was sent.
absl::Status CheckTimeout(absl::Duration timeout);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_VALIDATION_H_
