#ifndef U2FI_SERVICES_COMMON_FIDO_TPM_STRUCTURES_H_
#define U2FI_SERVICES_COMMON_FIDO_TPM_STRUCTURES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/crypto/hash_algorithm.h"
#include "services/common/crypto/public_key.h"

// The two structures of TPM 2.0 (Trusted Platform Module Library, part 2) that
// attestation statements carry. Errors are INVALID_ARGUMENT.
namespace u2fi::fido {

inline constexpr uint32_t kTpmGeneratedValue = 0xff544347;
inline constexpr uint16_t kTpmStAttestCertify = 0x8017;

// TPMT_PUBLIC, 12.2.4: an RSA or ECC key without anything after it.
struct TpmPublic {
  uint16_t name_algorithm = 0;
  crypto::PublicKey key;
};
absl::StatusOr<TpmPublic> ParseTpmPublic(absl::string_view bytes);

// TPMS_ATTEST, 10.12.12, whose attested part is read as TPMS_CERTIFY_INFO
// (10.12.3), without anything after it. Views point into the bytes.
struct TpmAttest {
  uint32_t magic = 0;
  uint16_t type = 0;
  absl::string_view extra_data;
  absl::string_view name;
};
absl::StatusOr<TpmAttest> ParseTpmAttest(absl::string_view bytes);

// The hash of a TPM_ALG_ID (6.3). Absent: not a hash that is supported.
absl::optional<crypto::HashAlgorithm> TpmHash(uint16_t id);

// The name of an object (16): its nameAlg and the hash of its public area.
// Empty if the algorithm is not supported.
std::string TpmName(uint16_t name_algorithm, absl::string_view public_area);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_TPM_STRUCTURES_H_
