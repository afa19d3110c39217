#ifndef U2FI_SERVICES_COMMON_FIDO_METADATA_BLOB_H_
#define U2FI_SERVICES_COMMON_FIDO_METADATA_BLOB_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/common/crypto/certificate.h"
#include "services/common/fido/metadata.h"

// The BLOB of the FIDO Metadata Service (v3.0, 3.1.7): a JWS in compact form.
//   blob_size       at most 32 MiB · METADATA_FORMAT
//   blob_jws        three parts of base64url · METADATA_FORMAT
//   blob_header     JSON with alg RS256 or ES256 and x5c · METADATA_FORMAT
//   blob_chain      x5c leads to a given root · METADATA_SIGNATURE
//   blob_signer     its leaf is for the service's host · METADATA_SIGNATURE
//   blob_signature  by the leaf · METADATA_SIGNATURE
//   blob_payload    JSON with number, next update and entries ·
//                   METADATA_FORMAT
//   blob_number     not below the one in use · METADATA_ROLLBACK
namespace u2fi::fido {

inline constexpr size_t kMaxMetadataBlobSize = 32 << 20;
inline constexpr char kMetadataHost[] = "mds.fidoalliance.org";

struct MetadataBlobInputs {
  absl::string_view blob;
  // Where x5c must lead to: GlobalSign Root CA R3 for the public service.
  std::vector<crypto::Certificate> roots;
  absl::Time now;
  // The root signs for others too: the leaf must have this DNS name.
  std::string host = kMetadataHost;
  // Of the BLOB in use. Absent: none yet.
  absl::optional<uint64_t> number_in_use;
};

struct MetadataBlob {
  uint64_t number = 0;
  // When the issuer promises the next one; past it, this one is stale.
  absl::Time next_update;
  MetadataTable table;
  // Entries without a name that is known here (UAF), and certificates that
  // cannot be parsed: both are left out.
  size_t skipped_entries = 0;
  size_t skipped_certificates = 0;
};

// Verifies and reads a BLOB. Memory while reading: the BLOB and about six
// times its payload.
absl::StatusOr<MetadataBlob> ReadMetadataBlob(const MetadataBlobInputs& inputs);

// The payload alone, in JSON, not verified. METADATA_FORMAT.
absl::StatusOr<MetadataBlob> ParseMetadataPayload(absl::string_view json);

std::vector<std::string> MetadataBlobStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_METADATA_BLOB_H_
