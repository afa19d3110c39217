#ifndef U2FI_SERVICES_COMMON_FIDO_AUTHENTICATOR_DATA_H_
#define U2FI_SERVICES_COMMON_FIDO_AUTHENTICATOR_DATA_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/fido/cbor.h"

namespace u2fi::fido {

// Without attested credential data and extensions: all that U2F has.
inline constexpr size_t kPlainAuthenticatorDataSize = 37;
// Where the flags stand.
inline constexpr size_t kFlagsOffset = 32;
inline constexpr size_t kAaguidSize = 16;
inline constexpr size_t kMaxCredentialIdSize = 1023;

// Flags of authenticator data (WebAuthn L3, 6.1).
namespace flag {
inline constexpr uint8_t kUserPresent = 0x01;
inline constexpr uint8_t kUserVerified = 0x04;
inline constexpr uint8_t kBackupEligible = 0x08;
inline constexpr uint8_t kBackupState = 0x10;
inline constexpr uint8_t kAttestedData = 0x40;
inline constexpr uint8_t kExtensionData = 0x80;
}  // namespace flag

// Authenticator data (WebAuthn L3, 6.1), split into its fields. The views
// point into the bytes it was read from.
struct AuthenticatorData {
  absl::string_view rp_id_hash;  // 32 bytes.
  uint8_t flags = 0;
  uint32_t counter = 0;

  struct AttestedCredential {
    absl::string_view aaguid;  // 16 bytes.
    // 1 to 65,535 bytes; more than kMaxCredentialIdSize are for the verifier
    // to refuse.
    absl::string_view id;
    // The COSE_Key: its bytes and what they say.
    absl::string_view key_bytes;
    CborValue key;
  };
  // Present exactly if flag::kAttestedData is set.
  absl::optional<AttestedCredential> credential;
  // A map, present exactly if flag::kExtensionData is set.
  absl::optional<CborValue> extensions;

  bool Has(uint8_t bits) const { return (flags & bits) == bits; }
};

// Reads authenticator data to its last byte, at most kMaxCborSize of them.
// AUTHDATA_MALFORMED if a field is cut off or empty, the key or the extensions
// are not one CBOR map each, or bytes are left.
absl::StatusOr<AuthenticatorData> ParseAuthenticatorData(
    absl::string_view bytes);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_AUTHENTICATOR_DATA_H_
