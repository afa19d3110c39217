#ifndef U2FI_SERVICES_COMMON_FIDO_U2F_MESSAGES_H_
#define U2FI_SERVICES_COMMON_FIDO_U2F_MESSAGES_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"

// The responses of the FIDO U2F raw message formats, version 1.2. Nothing is
// verified here but the layout.
namespace u2fi::fido {

inline constexpr size_t kU2fPublicKeySize = 65;
inline constexpr size_t kMaxKeyHandleSize = 255;
// Longest registration response that is read.
inline constexpr size_t kMaxU2fRegistrationSize = 16384;
// Bit 0 of the presence byte and of the authenticator data flags.
inline constexpr uint8_t kUserPresent = 0x01;

// A registration response, section 4.3. The views point into the response.
struct U2fRegistration {
  absl::string_view public_key;   // 65 bytes, not yet known to be a point.
  absl::string_view key_handle;   // 1 to 255 bytes.
  absl::string_view certificate;  // DER, not yet parsed.
  absl::string_view signature;    // DER, 8 to 72 bytes.

  // For the steps below: what is not read yet.
  absl::string_view rest;
};

// `response` without the status word at its end. DEVICE_STATUS unless that is
// 0x9000; 0x6985 (touch needed) and 0x6A80 (wrong data) are named.
absl::StatusOr<absl::string_view> StripStatusWord(absl::string_view response);

// The layout, field by field: each takes its bytes from `rest`. FORMAT, or
// PUBLIC_KEY_INVALID for the second.
absl::Status ReadReservedByte(U2fRegistration& message);  // 0x05.
absl::Status ReadPublicKey(U2fRegistration& message);     // 65, from 0x04 on.
absl::Status ReadKeyHandle(U2fRegistration& message);     // Length 1 to 255.
absl::Status ReadCertificate(U2fRegistration& message);   // A DER SEQUENCE.
absl::Status ReadSignature(U2fRegistration& message);     // All the rest.

// All of the above on a response without status word.
absl::StatusOr<U2fRegistration> ParseU2fRegistration(
    absl::string_view response);

// What the attestation key signs (section 4.3): 0x00, application parameter,
// SHA-256 of the client data, key handle, public key.
std::string RegistrationSignedBytes(const crypto::Digest& application,
                                    const crypto::Digest& client_data_hash,
                                    absl::string_view key_handle,
                                    absl::string_view public_key);

// An authentication response, section 5.4.
struct U2fAuthentication {
  uint8_t presence = 0;
  uint32_t counter = 0;
  // DER, 8 to 72 bytes; points into the response.
  absl::string_view signature;

  // The same as the 37 bytes of authenticator data (WebAuthn L3, 6.1.2) that
  // begin what the token signed.
  std::string AuthenticatorData(const crypto::Digest& application) const;
};

// Reads a response without status word. FORMAT unless it is one presence byte,
// four of the counter and exactly one DER signature.
absl::StatusOr<U2fAuthentication> ParseU2fAuthentication(
    absl::string_view response);

// Whether `bytes` are exactly one ECDSA signature of P-256 in DER: 8 to 72
// bytes, two positive minimal integers of at most 33 bytes.
bool IsEcdsaSignature(absl::string_view bytes);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_U2F_MESSAGES_H_
