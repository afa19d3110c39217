#include "services/common/audit/checkpoint.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "services/common/audit/limits.h"
#include "services/common/audit/rules.h"
#include "services/common/crypto/encoding.h"
#include "services/common/proof/strict.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr absl::string_view kDomain = "u2fi/checkpoint/v1";
constexpr size_t kMinSignatureSize = 8;

crypto::Digest SignedDigest(absl::string_view checkpoint) {
  return crypto::Sha256({kDomain, checkpoint});
}

bool IsKidCharacter(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("._-", c);
}

absl::Status CheckKid(absl::string_view kid) {
  if (!kid.empty() && kid.size() <= kMaxKidSize &&
      std::all_of(kid.begin(), kid.end(), IsKidCharacter)) {
    return absl::OkStatus();
  }
  return FormatError("kid", "is not 1 to 64 of [A-Za-z0-9._-]");
}

absl::Status CheckFields(const v1::Checkpoint& checkpoint) {
  if (checkpoint.format() != kFormat) {
    return FormatError("format", "is unknown");
  }
  RETURN_IF_ERROR(CheckWriter(checkpoint.writer()));
  if (checkpoint.sequence() == 0) {
    return FormatError("sequence", "begins at 1");
  }
  if (checkpoint.hash().size() != kHashSize) {
    return FormatError("hash", "is not 32 bytes");
  }
  if (checkpoint.time_ms() == 0) return FormatError("time_ms", "is missing");
  if (checkpoint.seen_size() > static_cast<int>(kMaxSeen)) {
    return FormatError("seen", "has more than 64 entries");
  }
  for (const v1::RowReference& seen : checkpoint.seen()) {
    RETURN_IF_ERROR(CheckReference(seen));
  }
  return absl::OkStatus();
}

}  // namespace

v1::SignedCheckpoint CheckpointSigner::Sign(v1::Checkpoint checkpoint) const {
  checkpoint.set_format(kFormat);
  v1::SignedCheckpoint signed_checkpoint;
  signed_checkpoint.set_checkpoint(proof::Encode(checkpoint));
  signed_checkpoint.set_kid(kid_);
  signed_checkpoint.set_signature(
      key_.Sign(SignedDigest(signed_checkpoint.checkpoint())));
  return signed_checkpoint;
}

absl::StatusOr<ParsedCheckpoint> CheckCheckpoint(
    const v1::SignedCheckpoint& checkpoint) {
  RETURN_IF_ERROR(CheckKid(checkpoint.kid()));
  if (checkpoint.signature().size() < kMinSignatureSize ||
      checkpoint.signature().size() > kMaxSignatureSize) {
    return FormatError("signature", "is not 8 to 72 bytes");
  }
  ParsedCheckpoint parsed;
  RETURN_IF_ERROR(proof::ParseInto(checkpoint.checkpoint(), kMaxCheckpointSize,
                                   reason::kAuditFormat, parsed.checkpoint));
  RETURN_IF_ERROR(CheckFields(parsed.checkpoint));
  parsed.row.sequence = parsed.checkpoint.sequence();
  std::copy(parsed.checkpoint.hash().begin(), parsed.checkpoint.hash().end(),
            parsed.row.hash.begin());
  return parsed;
}

absl::Status VerifyCheckpoint(const v1::SignedCheckpoint& checkpoint,
                              const crypto::P256PublicKey& key) {
  return key.Verify(SignedDigest(checkpoint.checkpoint()),
                    checkpoint.signature());
}

absl::StatusOr<crypto::P256PublicKey> ParseAuditKey(const AuditKey& key) {
  RETURN_IF_ERROR(CheckKid(key.kid));
  return crypto::P256PublicKey::FromPoint(key.point);
}

std::string Fingerprint(const crypto::P256PublicKey& key) {
  return crypto::Hex(crypto::View(key.SpkiHash()));
}

}  // namespace u2fi::audit
