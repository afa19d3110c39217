#ifndef U2FI_SERVICES_ATTESTATION_METADATA_UPLOAD_H_
#define U2FI_SERVICES_ATTESTATION_METADATA_UPLOAD_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/support/server_callback.h"
#include "services/common/audit/executor.h"
#include "u2fi/attestation/v1/admin.pb.h"

namespace u2fi::attestation {

// Largest piece of a metadata BLOB; the BLOB's own bound is fido's.
inline constexpr size_t kMaxMetadataChunk = 1 << 20;

// What is done with a BLOB that has arrived.
using ImportFunction = std::function<absl::StatusOr<v1::ImportMetadataResponse>(
    const std::string& blob, bool validate_only)>;

// Collects the pieces of a BLOB and gives the whole to `import` on `executor`.
// MESSAGE_SIZE for a piece or a whole that is too large, INVALID_FIELD if a
// tenant is named; both end the stream at once. At most 32 MiB are held. The
// result deletes itself; `executor` and `response` must outlive it.
grpc::ServerReadReactor<v1::ImportMetadataRequest>* StartMetadataUpload(
    audit::Executor& executor, ImportFunction import,
    v1::ImportMetadataResponse* response);

// A stream that ends at once with `status`.
grpc::ServerReadReactor<v1::ImportMetadataRequest>* RefuseMetadataUpload(
    const absl::Status& status);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_METADATA_UPLOAD_H_
