#ifndef U2FI_SERVICES_ATTESTATION_ANCHOR_FILES_H_
#define U2FI_SERVICES_ATTESTATION_ANCHOR_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/fido/trust.h"

namespace u2fi::attestation {

// Largest file with trust anchors.
inline constexpr size_t kMaxAnchorFile = 1 << 20;

// The certificates in PEM files: trust anchors for every tenant and format.
// CONFIG_INVALID naming the file if one cannot be read, has no certificate, or
// one that cannot be parsed.
absl::StatusOr<std::vector<crypto::Certificate>> ReadAnchorFile(
    const std::string& path);
absl::StatusOr<std::vector<fido::TrustAnchor>> ReadAnchorFiles(
    const std::vector<std::string>& paths);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ANCHOR_FILES_H_
