#ifndef U2FI_SERVICES_COMMON_CRYPTO_PEM_H_
#define U2FI_SERVICES_COMMON_CRYPTO_PEM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::crypto {

inline constexpr char kPemCertificate[] = "CERTIFICATE";
inline constexpr char kPemCertificateRequest[] = "CERTIFICATE REQUEST";

// `der` as a PEM block (RFC 7468) with this label.
std::string ToPem(absl::string_view label, absl::string_view der);

// The DER of every block with this label in `text` (at most 1 MiB), in order;
// other blocks and text between them are skipped. INVALID_ARGUMENT if there is
// none or one is malformed.
absl::StatusOr<std::vector<std::string>> FromPem(absl::string_view label,
                                                 absl::string_view text);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_PEM_H_
