#ifndef U2FI_SERVICES_COMMON_PROOF_CLIENT_DATA_H_
#define U2FI_SERVICES_COMMON_PROOF_CLIENT_DATA_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"

namespace u2fi::proof {

inline constexpr size_t kMaxClientData = 2048;

// `typ` of U2F client data, `type` of WebAuthn client data.
inline constexpr absl::string_view kU2fAssertion = "navigator.id.getAssertion";
inline constexpr absl::string_view kU2fRegistration =
    "navigator.id.finishEnrollment";
inline constexpr absl::string_view kWebauthnAssertion = "webauthn.get";
inline constexpr absl::string_view kWebauthnRegistration = "webauthn.create";

// A gateway as client data names it.
struct GatewayOrigin {
  std::string tenant;
  std::string site;
  std::string gateway;
  // "u2fi:<tenant>/<site>/<gateway>"
  std::string Text() const;
};

// Client data that a gateway makes for a U2F token, byte exact (wire.md):
// {"typ":"…","challenge":"…","origin":"u2fi:…","cid_pubkey":{"kty":"EC",
// "crv":"P-256","x":"…","y":"…"}} without white space. `gateway_point` has 65
// bytes.
std::string U2fClientData(absl::string_view typ,
                          const crypto::Digest& challenge,
                          const GatewayOrigin& origin,
                          absl::string_view gateway_point);

// Client data that a gateway makes for a CTAP2 token, as WebAuthn L3 5.8.1.1
// serialises it: {"type":"…","challenge":"…","origin":"u2fi:…",
// "crossOrigin":false}.
std::string WebauthnClientData(absl::string_view type,
                               const crypto::Digest& challenge,
                               absl::string_view origin);

// Client data of either kind, taken apart. Views into the bytes.
struct ClientData {
  // U2F made by a gateway, or WebAuthn.
  bool is_u2f = false;
  // As the constants above.
  absl::string_view type;
  // Base64url of 32 bytes.
  absl::string_view challenge;
  absl::string_view origin;
  // U2F: the gateway's point from cid_pubkey, 65 bytes; empty if x and y are
  // not strict base64url of 32 bytes each. WebAuthn: empty.
  std::string gateway_point;
};

// Takes apart what is exactly of one of the two forms. WebAuthn client data is
// read by the limited verification algorithm (L3 5.8.1.2): what stands behind
// crossOrigin is not looked at; they may also end after the origin, as WebKit's
// do for a page of the same origin. No JSON is parsed. CLIENT_DATA_TYPE if
// `bytes` begin like neither form, CLIENT_DATA_FORMAT for all other differences
// (also a cross-origin use, and a text with a backslash or anything but
// printable ASCII).
absl::StatusOr<ClientData> ParseClientData(absl::string_view bytes);

// CHALLENGE_MISMATCH unless `data` answers `challenge`.
absl::Status CheckChallenge(const ClientData& data,
                            const crypto::Digest& challenge);

// The gateway in the origin of client data made by one: three canonical ids.
// ORIGIN_MISMATCH otherwise.
absl::StatusOr<GatewayOrigin> ParseGatewayOrigin(absl::string_view origin);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_CLIENT_DATA_H_
