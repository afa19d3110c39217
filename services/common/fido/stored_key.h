#ifndef U2FI_SERVICES_COMMON_FIDO_STORED_KEY_H_
#define U2FI_SERVICES_COMMON_FIDO_STORED_KEY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace u2fi::fido {

// OK if `signature` is that of the key in `stored` (CredentialKey::Stored())
// over `signed_bytes`: authenticator data, then the 32 bytes of SHA-256(client
// data). As proof::AccountKey::check wants it for keys that are not P-256.
// SIGNATURE_INVALID, or what FromStored() says of the key.
absl::Status CheckStoredKey(absl::string_view stored,
                            absl::string_view signed_bytes,
                            absl::string_view signature);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STORED_KEY_H_
