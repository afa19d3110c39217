#ifndef U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_CHAIN_H_
#define U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_CHAIN_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/crypto/certificate.h"

namespace u2fi::crypto {

// Longest chain that is followed, the leaf included and the anchor not.
inline constexpr size_t kMaxChainSize = 6;

struct ChainOptions {
  absl::Time now;
  // Off for attestation leafs that are used long after they expired.
  bool check_leaf_dates = true;
};

// Follows `chain`, leaf first and each signed by the next, to one of the
// `anchors` and returns that one (RFC 5280, 6.1, for what attestation needs).
// The chain may end with the anchor, and a leaf may itself be an anchor.
//   - every signature verifies, and each issuer's name is the next subject;
//   - whoever signs is a CA with keyCertSign, and its path length allows what
//     is below it. An anchor of version 1 or 2 cannot say so and may sign;
//   - all dates hold but the anchor's own, which is trusted as configured;
//   - no certificate has a critical extension that is not understood here:
//     basicConstraints, keyUsage, extendedKeyUsage, subjectAltName and
//     certificatePolicies are, nameConstraints is not.
// PERMISSION_DENIED with the rule otherwise. Revocation lists are not looked
// at. Signatures are checked at most once per certificate and anchor of the
// issuer's name.
absl::StatusOr<Certificate> FollowChain(const std::vector<Certificate>& chain,
                                        const std::vector<Certificate>& anchors,
                                        const ChainOptions& options);

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_CERTIFICATE_CHAIN_H_
