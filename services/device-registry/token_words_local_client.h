#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_LOCAL_CLIENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_LOCAL_CLIENT_H_

#include <utility>

#include "services/common/rpc/caller.h"
#include "services/device-registry/registry_core.h"
#include "services/device-registry/token_words_client.h"

namespace u2fi::device_registry {

// The registry in the same process, called without gRPC.
class TokenWordsLocalClient : public TokenWordsClient {
 public:
  // `core` must outlive this object. `caller` is service/attestation.
  TokenWordsLocalClient(RegistryCore& core, rpc::Caller caller)
      : core_(core), caller_(std::move(caller)) {}

  absl::StatusOr<v1::ReportTokensResponse> ReportTokens(
      const v1::ReportTokensRequest& request) override {
    return core_.words().ReportTokens(caller_, request);
  }

 private:
  RegistryCore& core_;
  const rpc::Caller caller_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_LOCAL_CLIENT_H_
