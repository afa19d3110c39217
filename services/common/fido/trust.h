#ifndef U2FI_SERVICES_COMMON_FIDO_TRUST_H_
#define U2FI_SERVICES_COMMON_FIDO_TRUST_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/crypto/certificate.h"
#include "services/common/fido/metadata.h"

// Where a token comes from: from an attestation statement that verified to a
// trust level. No revocation lists, no network.
namespace u2fi::fido {

// How far the origin of a token is proved; each proves more than the one
// before.
enum class TrustLevel {
  kNone,      // No attestation, or one that leads to no anchor.
  kSelf,      // Attested by its own credential key.
  kAttested,  // A chain to an anchor; the model is not known.
  kModel,     // A chain to an anchor of a model that metadata describes.
};

// Format names as in WebAuthn; a raw U2F registration counts as this one.
inline constexpr char kFormatU2f[] = "fido-u2f";

// A certificate that attestation may lead to.
struct TrustAnchor {
  crypto::Certificate certificate;
  // Formats it counts for; empty: all.
  std::vector<std::string> formats;
};

// What an attestation statement, whose signatures have been checked, gives.
struct AttestationEvidence {
  std::string format;
  // Leaf first; empty without certificates.
  std::vector<crypto::Certificate> chain;
  // Without certificates: the credential key signed for itself.
  bool is_self = false;
  // 16 bytes, zero for U2F. Proved only if the chain is.
  std::string aaguid;
  // COSE number of the credential's algorithm.
  int64_t algorithm = 0;
};

struct TrustPolicy {
  absl::Time now;
  // Whether the leaf's dates count, and formats for which they do not: many
  // U2F tokens are used long after their leaf expired, and Apple's leafs live
  // for three days.
  bool check_leaf_dates = true;
  std::vector<std::string> undated_formats;
  std::vector<TrustAnchor> anchors;
  // Models with their anchors. May be null; must outlive the policy.
  const MetadataTable* metadata = nullptr;
  // A chain that leads to no anchor gives kNone instead of a refusal.
  bool accept_untrusted = false;
  TrustLevel least = TrustLevel::kNone;
};

// What the evidence proves.
struct TrustVerdict {
  TrustLevel level = TrustLevel::kNone;
  // Of the metadata, with kModel; else empty.
  std::string model_description;
  // The chain leads to an anchor, and metadata does not say that the AAGUID is
  // of other anchors, or the leaf of another model. Without metadata, an anchor
  // vouches for whatever its chains claim.
  bool proves_aaguid = false;
};

// Decides the level:
//   - a chain must lead to an anchor for its format, or to one of the entry
//     that metadata has for the model · ATTESTATION_UNTRUSTED
//   - metadata must not call the model revoked or its key compromised, by its
//     AAGUID or by the leaf's key, attested or not · ATTESTATION_REVOKED
//   - what metadata says about attestation types and algorithms must agree ·
//     METADATA_MISMATCH
//   - the level must reach `least` · ATTESTATION_UNTRUSTED
absl::StatusOr<TrustVerdict> JudgeTrust(const AttestationEvidence& evidence,
                                        const TrustPolicy& policy);

// The identifier by which metadata names a U2F model: SHA-1 of the leaf's key
// bits (RFC 5280, 4.2.1.2 (1)) in lower-case hex.
std::string AttestationKeyId(const crypto::Certificate& leaf);

// Under which anchors ParseAttestationCertificate() repairs: those of the
// policy, and Yubico's root if the metadata has it for one of its models.
std::vector<TrustAnchor> RepairAnchors(const TrustPolicy& policy);

// Parses an attestation certificate. Six early Yubico certificates have a
// wrong count of unused bits in their signature; if this is one of them and a
// Yubico root among the anchors signed it, it is repaired. The error of
// Certificate::FromDer() otherwise.
absl::StatusOr<crypto::Certificate> ParseAttestationCertificate(
    absl::string_view der, const std::vector<TrustAnchor>& anchors);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_TRUST_H_
