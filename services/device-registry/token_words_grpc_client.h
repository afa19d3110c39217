#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_GRPC_CLIENT_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_GRPC_CLIENT_H_

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "services/common/rpc/client_call.h"
#include "services/device-registry/token_words_client.h"
#include "u2fi/device_registry/v1/registry.grpc.pb.h"

namespace u2fi::device_registry {

// The registry over gRPC. Each call has a deadline; errors keep their reasons.
class TokenWordsGrpcClient : public TokenWordsClient {
 public:
  using Stub = v1::DeviceRegistry::StubInterface;

  TokenWordsGrpcClient(std::unique_ptr<Stub> stub, absl::Duration deadline)
      : stub_(std::move(stub)), deadline_(deadline) {}

  absl::StatusOr<v1::ReportTokensResponse> ReportTokens(
      const v1::ReportTokensRequest& request) override {
    return rpc::Call(*stub_, deadline_, request, &Stub::ReportTokens);
  }

 private:
  const std::unique_ptr<Stub> stub_;
  const absl::Duration deadline_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TOKEN_WORDS_GRPC_CLIENT_H_
