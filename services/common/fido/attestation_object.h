#ifndef U2FI_SERVICES_COMMON_FIDO_ATTESTATION_OBJECT_H_
#define U2FI_SERVICES_COMMON_FIDO_ATTESTATION_OBJECT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/fido/cbor.h"

namespace u2fi::fido {

// The attestation object of a registration (WebAuthn L3, 6.5), not verified.
struct AttestationObject {
  // Compared with case.
  std::string format;
  // A map, whose members depend on the format; an array for "compound".
  CborValue statement;
  // The exact bytes that are signed.
  std::string authenticator_data;
};

// Parses at most kMaxCborSize bytes: one CBOR map with a text `fmt`, `attStmt`
// and a byte string `authData`, and nothing after it. Other members are
// ignored. CBOR_INVALID otherwise.
absl::StatusOr<AttestationObject> ParseAttestationObject(
    absl::string_view bytes);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_ATTESTATION_OBJECT_H_
