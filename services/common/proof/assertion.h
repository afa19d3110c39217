#ifndef U2FI_SERVICES_COMMON_PROOF_ASSERTION_H_
#define U2FI_SERVICES_COMMON_PROOF_ASSERTION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"
#include "services/common/crypto/p256.h"
#include "services/common/proof/client_data.h"
#include "u2fi/proof/v1/proof.pb.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {

// What a token gives for one touch. A U2F answer is read as WebAuthn: its
// application parameter, presence byte and counter are authenticator data of
// 37 bytes (WebAuthn L3, 6.1.2), so one core serves both.

inline constexpr size_t kMaxAuthenticatorData = 512;
inline constexpr size_t kMaxSignature = 512;
// A DER ECDSA signature of P-256.
inline constexpr size_t kMinDer = 8;
inline constexpr size_t kMaxDer = 72;

// Authenticator data (WebAuthn L3, 6.1) without what follows byte 37.
struct AuthenticatorData {
  absl::string_view rp_id_hash;
  uint8_t flags = 0;
  uint32_t counter = 0;
  // User verification was done; never with U2F.
  bool user_verified = false;
};

// Reads and checks authenticator data that belong to client data of a kind.
// U2F: 37 bytes, flags exactly 0x01 (0x00 if `presence_only`), never counted
// as user verification. WebAuthn: user present, no attested credential, no
// reserved bit, not backup eligible (a phone is never the authenticator), more
// than 37 bytes exactly with the extension flag. Errors: AUTHDATA_MALFORMED,
// USER_PRESENCE, BACKUP_NOT_ALLOWED.
absl::StatusOr<AuthenticatorData> ReadAuthenticatorData(absl::string_view bytes,
                                                        bool is_u2f,
                                                        bool presence_only);

// What the token's signature covers, before hashing: authenticator data ‖
// SHA-256(client data).
std::string SignedBytes(absl::string_view authenticator_data,
                        absl::string_view client_data);

// A place whose client data a verifier believes.
struct ExpectedPlace {
  // Nothing stands in the tenant's place for a browser.
  GatewayOrigin gateway;
  // The gateway's point, if the verifier holds it: then U2F client data must
  // have it. The site may be empty: then any canonical id will do.
  std::string gateway_point;
  // As in the statement. Empty gateway.gateway: SHA-256 of the browser's
  // origin; otherwise SHA-256 of the gateway's SPKI.
  std::string channel_key;
};

// The client data are of the form that `place` makes for an assertion: U2F or
// WebAuthn from a gateway, with its origin and its key; only WebAuthn from a
// browser, with the origin behind channel_key. Errors: CLIENT_DATA_TYPE,
// ORIGIN_MISMATCH, CHANNEL_KEY_MISMATCH.
absl::Status CheckClientData(const ClientData& data,
                             const ExpectedPlace& place);

// The channel key of a gateway: SHA-256 of the SPKI (RFC 5480, DER) of its
// point of 65 bytes, which need not be on the curve.
crypto::Digest ChannelKeyOf(absl::string_view point);

// The channel key of a browser: SHA-256 of its origin in ASCII.
crypto::Digest BrowserChannelKey(absl::string_view origin);

// What the gateway signs to say that it took this touch then (decisions A4):
// SHA-256("u2fi/relay/v1" ‖ challenge ‖ SHA-256(authenticator data ‖
// signature) ‖ touched_at_ms as 8 bytes big-endian).
crypto::Digest RelayDigest(const crypto::Digest& challenge,
                           absl::string_view authenticator_data,
                           absl::string_view signature, uint64_t touched_at_ms);

// Puts touched_at_ms and the relay signature into `answer`.
void SignRelay(const crypto::P256PrivateKey& gateway_key,
               const crypto::Digest& challenge, uint64_t touched_at_ms,
               v1::Answer& answer);

// RELAY_INVALID unless `key` signed that it took the touch.
absl::Status VerifyRelay(const crypto::P256PublicKey& key,
                         const crypto::Digest& challenge,
                         const v1::Approval& approval);

// The form that makes two answers to one challenge the same:
// SHA-256("u2fi/answer/v1" ‖ lp of client data, authenticator data, signature,
// token id, relay signature).
crypto::Digest AnswerDigest(const v1::Answer& answer);

// What the arguments of `u2fi.enrol` hold: SHA-256("u2fi/enrol/v1" ‖
// lp(credential id) ‖ lp(public key) ‖ lp(attestation)).
crypto::Digest RegistrationDigest(const v1::Registration& registration);

// The approval that an answer to `statement_bytes` makes.
v1::Approval ToApproval(absl::string_view statement_bytes,
                        const v1::Answer& answer);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_ASSERTION_H_
