#ifndef U2FI_SERVICES_COMMON_STORE_ENGINE_RULES_H_
#define U2FI_SERVICES_COMMON_STORE_ENGINE_RULES_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/store/store.h"

namespace u2fi::store {

// How an engine keeps an expiry hint: milliseconds since 1970, rounded up;
// zero for none.
inline constexpr int64_t kNoExpiry = 0;
inline int64_t ExpiryMillis(absl::Time hint) {
  if (hint == absl::InfiniteFuture()) return kNoExpiry;
  return std::max<int64_t>(1, absl::ToUnixMillis(hint + absl::Milliseconds(1) -
                                                 absl::Nanoseconds(1)));
}

// How many expired keys a commit drops at most: two for each key that it puts
// with a hint. So expired keys never outnumber living ones for long, no commit
// pays for another's past, and no engine needs a sweeper of its own.
inline size_t DropAllowance(const CommitRequest& request) {
  return 2 * std::count_if(request.put.begin(), request.put.end(),
                           [](const Put& put) {
                             return put.expire_hint != absl::InfiniteFuture();
                           });
}

// The bytes between which a scan's keys lie: from ScanFrom, included, to
// ScanUntil, excluded. No character of a key is as small as the one or as
// large as the other that is appended here.
inline std::string ScanFrom(absl::string_view prefix, absl::string_view after) {
  return after.empty() ? std::string(prefix) : std::string(after) + '\x01';
}
inline std::string ScanUntil(absl::string_view prefix) {
  return std::string(prefix) + '\x7f';
}

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_ENGINE_RULES_H_
