#ifndef U2FI_SERVICES_COMMON_PROOF_PIN_SET_H_
#define U2FI_SERVICES_COMMON_PROOF_PIN_SET_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/crypto/hash.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::proof {

inline constexpr size_t kMaxPinSet = 2048;
inline constexpr int kMaxPinnedKeys = 8;
inline constexpr int kMaxPinnedGateways = 4;
inline constexpr int kMaxLeaseIssuers = 2;
inline constexpr int kMaxRules = 24;

// SHA-256("u2fi/pins/v1" ‖ bytes): `previous` of the next revision.
crypto::Digest PinsHash(absl::string_view pin_set_bytes);

// The rules of a pin set beyond the strict profile. PIN_SET_FORMAT with
// metadata "field":
//   format 1; canonical ids; rp_id_hash of 32 bytes
//   revision from 1; previous of 32 bytes exactly from revision 2 on
//   keys: 1 to 8; token ids and points pairwise distinct; points of 65 bytes
//     that begin with 0x04 (that they are on the curve shows when a signature
//     verifies); roles 1 to 63, LESSEE alone or not at all; level at most 2;
//     the owner's account has a key with the role OWNER
//   gateways: 1 to 4; ids and points pairwise distinct
//   lease_issuers: at most 2; ids distinct; 1 s to 1 year
//   rules: at most 24; operations pairwise distinct; forms as CheckRuleForm()
//   lease: there exactly if keys have the role LESSEE, which are then all of
//     its account; until_ms is not 0
absl::Status CheckPinSet(const v1::PinSet& pins);

// A pin set that keeps the strict profile and the rules, with its bytes. Only
// Parse() and Encode() make one. Immutable, thread-safe.
class PinSet {
 public:
  // Errors: PIN_SET_FORMAT.
  static absl::StatusOr<PinSet> Parse(absl::string_view bytes);

  // The same from a message that nobody has serialised yet.
  static absl::StatusOr<PinSet> Encode(const v1::PinSet& fields);

  const v1::PinSet& fields() const { return fields_; }
  const std::string& bytes() const { return bytes_; }
  const crypto::Digest& hash() const { return hash_; }

  // The entry with that id, or nullptr. They live as long as this object.
  const v1::PinnedKey* FindKey(absl::string_view token_id) const;
  const v1::PinnedGateway* FindGateway(absl::string_view id) const;
  const v1::LeaseIssuer* FindIssuer(absl::string_view id) const;

  // True if a lease runs at `now_ms`: its LESSEE keys count until then.
  bool LeaseRuns(uint64_t now_ms) const;

 private:
  PinSet(v1::PinSet fields, std::string bytes)
      : fields_(std::move(fields)),
        bytes_(std::move(bytes)),
        hash_(PinsHash(bytes_)) {}

  v1::PinSet fields_;
  std::string bytes_;
  crypto::Digest hash_;
};

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_PIN_SET_H_
