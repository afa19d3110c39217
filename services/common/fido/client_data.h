#ifndef U2FI_SERVICES_COMMON_FIDO_CLIENT_DATA_H_
#define U2FI_SERVICES_COMMON_FIDO_CLIENT_DATA_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/crypto/hash.h"

namespace u2fi::fido {

// Longest client data that is read (wire.md, "General rules").
inline constexpr size_t kMaxClientDataSize = 2048;

// What the client said it asked the token to sign: CollectedClientData of
// WebAuthn L3, 5.8.1, or ClientData of the U2F raw message formats, 7. A member
// that is missing or of another kind than its standard says is absent here, so
// that every comparison with it fails; unknown members are ignored.
struct ClientData {
  // U2F's public key of the TLS channel, as a JWK; empty is what it lacks.
  struct ChannelKey {
    std::string kty, crv, x, y;
  };
  // kUnused also for an empty text, kKey for any object.
  enum class ChannelId { kAbsent, kUnused, kKey, kOther };

  absl::optional<std::string> typ;   // U2F.
  absl::optional<std::string> type;  // WebAuthn.
  // Base64url, compared as text.
  absl::optional<std::string> challenge;
  absl::optional<std::string> origin;
  absl::optional<bool> cross_origin;
  absl::optional<std::string> top_origin;
  ChannelId channel_id = ChannelId::kAbsent;
  ChannelKey channel_key;

  // SHA-256 of the exact bytes: what the token signed.
  crypto::Digest hash;
};

// Parses the exact bytes that were hashed. CLIENT_DATA_FORMAT unless they are
// at most kMaxClientDataSize bytes of one JSON object in UTF-8 (a byte order
// mark before it is skipped, as WebAuthn says), at most 8 levels deep, no
// member twice, with a boolean crossOrigin and a textual topOrigin if they are
// there at all.
absl::StatusOr<ClientData> ParseClientData(absl::string_view bytes);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_CLIENT_DATA_H_
