#ifndef U2FI_SERVICES_COMMAND_GATE_JSON_WEB_KEYS_H_
#define U2FI_SERVICES_COMMAND_GATE_JSON_WEB_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/public_key.h"

namespace u2fi::command_gate {

// A key of an OIDC issuer. It is for one algorithm, whatever a token says:
// "ES256", "RS256" or "EdDSA" (RFC 7518, 3.1; RFC 8037, 3.1).
struct JsonWebKey {
  // Empty: none.
  std::string kid;
  std::string alg;
  crypto::PublicKey key;
};

// Longest text of a set, and most keys in it.
inline constexpr size_t kMaxJsonWebKeys = size_t{64} << 10;
inline constexpr size_t kMaxJsonWebKeyCount = 32;

// The keys for signatures in a JWK Set (RFC 7517, 5). Keys for encryption and
// of kinds that are not known here are passed over, as the RFC wants.
// INVALID_FIELD naming the key for what cannot be trusted: not a set, a key of
// a known kind that is malformed or weak, one that names another algorithm than
// its own, a private or symmetric key, a kid twice, no key at all. Memory:
// under 2 MiB.
absl::StatusOr<std::vector<JsonWebKey>> ParseJsonWebKeys(
    absl::string_view text);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_JSON_WEB_KEYS_H_
