#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_CLIENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_CLIENT_H_

#include "absl/status/statusor.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// The registry as attestation sees it: over gRPC, or in the same process.
// Thread-safe; a call blocks up to the implementation's deadline. Request,
// answer and errors: protos/u2fi/device_registry/v1/registry.proto.
class TokenWordsClient {
 public:
  virtual ~TokenWordsClient() = default;

  virtual absl::StatusOr<v1::ReportTokensResponse> ReportTokens(
      const v1::ReportTokensRequest& request) = 0;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_CLIENT_H_
