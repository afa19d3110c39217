#ifndef U2FI_TOOLS_U2FI_KEY_FILE_H_
#define U2FI_TOOLS_U2FI_KEY_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::cli {

// The SPKI in DER of a gateway's key from PEM: a certificate request, as
// `gateway-agent init` makes it, a certificate, or a public key. INVALID_FIELD
// for anything else, and for a private key, which has to stay where it is.
absl::StatusOr<std::string> SpkiFromPem(absl::string_view pem);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_KEY_FILE_H_
