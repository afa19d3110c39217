#ifndef U2FI_SERVICES_COMMON_FIDO_TRANSPORTS_H_
#define U2FI_SERVICES_COMMON_FIDO_TRANSPORTS_H_

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "services/common/crypto/certificate.h"

namespace u2fi::fido {

// The transports that a leaf's extension 1.3.6.1.4.1.45724.2.1.1 names (FIDO
// U2F Authenticator Transports Extension v1.2, 3): "bluetooth", "ble", "usb",
// "nfc", "internal", in that order. Absent: there is none, or it is malformed,
// which is no reason to refuse a token.
absl::optional<std::vector<std::string>> TransportsOf(
    const crypto::Certificate& leaf);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_TRANSPORTS_H_
