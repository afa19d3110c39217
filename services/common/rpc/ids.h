#ifndef U2FI_SERVICES_COMMON_RPC_IDS_H_
#define U2FI_SERVICES_COMMON_RPC_IDS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace u2fi::rpc {

// Longest id, in bytes.
inline constexpr size_t kMaxIdSize = 64;

// True if `id` has the one form of ids (wire.md, "General rules"):
// [a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?. Everything else is refused: there is no
// second way to write an id.
bool IsCanonicalId(absl::string_view id);

// INVALID_FIELD naming `path` unless `id` is canonical. The message does not
// repeat the value.
absl::Status CheckId(absl::string_view path, absl::string_view id);

// The same for a request_id: 32 lower-case hexadecimal digits.
absl::Status CheckRequestId(absl::string_view path, absl::string_view id);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_IDS_H_
