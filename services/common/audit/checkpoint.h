#ifndef U2FI_SERVICES_COMMON_AUDIT_CHECKPOINT_H_
#define U2FI_SERVICES_COMMON_AUDIT_CHECKPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/audit/row.h"
#include "services/common/crypto/p256.h"
#include "u2fi/audit/v1/record.pb.h"

namespace u2fi::audit {

// An audit key, whose signature vouches for a chain: 1 to 64 of [A-Za-z0-9._-]
// as its id in the JWKS, and the point.
struct AuditKey {
  std::string kid;
  std::string point;  // 65 bytes, P-256, uncompressed.
};

// Signs checkpoints. Immutable, thread-safe.
class CheckpointSigner {
 public:
  CheckpointSigner(std::string kid, crypto::P256PrivateKey key)
      : kid_(std::move(kid)), key_(std::move(key)) {}

  // `checkpoint` must keep the rules of CheckCheckpoint(); its format is
  // filled in.
  v1::SignedCheckpoint Sign(v1::Checkpoint checkpoint) const;

  AuditKey public_key() const { return {kid_, key_.public_key().point()}; }

 private:
  const std::string kid_;
  const crypto::P256PrivateKey key_;
};

// A checkpoint that is in form. Whose signature it carries is not checked.
struct ParsedCheckpoint {
  v1::Checkpoint checkpoint;
  // The last row that it covers.
  RowId row;
};

// AUDIT_FORMAT unless the checkpoint is strict, of a known format, within its
// bounds, and has a kid and a signature of possible sizes.
absl::StatusOr<ParsedCheckpoint> CheckCheckpoint(
    const v1::SignedCheckpoint& checkpoint);

// SIGNATURE_INVALID unless `key` signed it: ECDSA over
// SHA-256("u2fi/checkpoint/v1" ‖ checkpoint bytes).
absl::Status VerifyCheckpoint(const v1::SignedCheckpoint& checkpoint,
                              const crypto::P256PublicKey& key);

// AUDIT_FORMAT unless the kid is in form, PUBLIC_KEY_INVALID unless the point
// is on the curve.
absl::StatusOr<crypto::P256PublicKey> ParseAuditKey(const AuditKey& key);

// How people name a key: SHA-256 of its SPKI in lower-case hex.
std::string Fingerprint(const crypto::P256PublicKey& key);

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_CHECKPOINT_H_
