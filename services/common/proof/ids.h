#ifndef U2FI_SERVICES_COMMON_PROOF_IDS_H_
#define U2FI_SERVICES_COMMON_PROOF_IDS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace u2fi::proof {

// Largest index of an item and largest number of items in a batch.
inline constexpr uint32_t kMaxBatch = 1000;

// An id of a tenant, site, gateway, device, account, token, reservation or
// lease issuer: [a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?. Other spellings of the same
// thing do not exist, so ids compare as bytes.
bool IsId(absl::string_view text);

// 1 to 64 of [a-z0-9._-].
bool IsOperation(absl::string_view text);

// The submitter's 128 random bits as 32 lower-case hex digits.
bool IsRequestId(absl::string_view text);

// 26 characters of lower-case base32 that are 16 bytes.
bool IsCommandId(absl::string_view text);

// Incarnation of a store: 1 to 64 of [0-9a-z].
bool IsStoreEpoch(absl::string_view text);

// The caller's URI (visible ASCII), one space, an account id; at most 512
// bytes.
bool IsRequester(absl::string_view text);

// The requester of a caller who acts on behalf of `account`.
std::string Requester(absl::string_view caller_uri, absl::string_view account);

// The id after "account:" in the target of an act on an account; nothing if
// `target` is not of that form or the id is not one.
absl::optional<absl::string_view> AccountOfTarget(absl::string_view target);

// The target of an act on `account`.
std::string AccountTarget(absl::string_view account);

// The id of item `index` of a request (wire.md, "Command"): lower-case base32
// of the first 16 bytes of SHA-256("u2fi/command-id/v1" ‖ lp(tenant) ‖
// lp(requester) ‖ lp(request_id) ‖ index as 4 bytes big-endian).
std::string CommandId(absl::string_view tenant, absl::string_view requester,
                      absl::string_view request_id, uint32_t index);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_IDS_H_
