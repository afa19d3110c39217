#include "services/attestation/attestation_grpc_client.h"

#include <utility>

#include "services/common/rpc/client_call.h"
#include "services/common/rpc/stream_watch.h"

namespace u2fi::attestation {
namespace {

using Stub = v1::Attestation::StubInterface;

class StreamWatch : public AttestationClient::Watch {
 public:
  using Watching = rpc::StreamWatch<v1::WatchTokensResponse>;

  StreamWatch(Stub& stub, absl::Duration reconnect_after,
              Watching::Callback callback)
      : watching_(
            reconnect_after,
            [&stub](grpc::ClientContext* context) {
              v1::WatchTokensRequest request;
              request.set_tenant("-");
              return stub.WatchTokens(context, request);
            },
            std::move(callback)) {}

 private:
  Watching watching_;
};

}  // namespace

absl::StatusOr<v1::ListCandidatesResponse>
AttestationGrpcClient::ListCandidates(
    const v1::ListCandidatesRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::ListCandidates);
}

absl::StatusOr<v1::VerifyRegistrationResponse>
AttestationGrpcClient::VerifyRegistration(
    const v1::VerifyRegistrationRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::VerifyRegistration);
}

absl::StatusOr<v1::VerifyAssertionResponse>
AttestationGrpcClient::VerifyAssertion(
    const v1::VerifyAssertionRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::VerifyAssertion);
}

absl::StatusOr<v1::ApplyResponse> AttestationGrpcClient::Apply(
    const v1::ApplyRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Apply);
}

std::unique_ptr<AttestationClient::Watch> AttestationGrpcClient::WatchTokens(
    std::function<void(const absl::optional<v1::WatchTokensResponse>&)>
        callback) {
  return std::make_unique<StreamWatch>(*stub_, reconnect_after_,
                                       std::move(callback));
}

}  // namespace u2fi::attestation
