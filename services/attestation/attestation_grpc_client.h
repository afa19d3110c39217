#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_GRPC_CLIENT_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_GRPC_CLIENT_H_

#include <functional>
#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "services/attestation/attestation_client.h"
#include "u2fi/attestation/v1/attestation.grpc.pb.h"

namespace u2fi::attestation {

// The attestation service over gRPC. Each call has a deadline; errors keep
// their reasons. Thread-safe.
class AttestationGrpcClient : public AttestationClient {
 public:
  // `deadline` of each call; `reconnect_after` waits before a broken stream of
  // changes is opened again.
  AttestationGrpcClient(std::unique_ptr<v1::Attestation::StubInterface> stub,
                        absl::Duration deadline,
                        absl::Duration reconnect_after = absl::Seconds(1))
      : stub_(std::move(stub)),
        deadline_(deadline),
        reconnect_after_(reconnect_after) {}

  absl::StatusOr<v1::ListCandidatesResponse> ListCandidates(
      const v1::ListCandidatesRequest& request) override;
  absl::StatusOr<v1::VerifyRegistrationResponse> VerifyRegistration(
      const v1::VerifyRegistrationRequest& request) override;
  absl::StatusOr<v1::VerifyAssertionResponse> VerifyAssertion(
      const v1::VerifyAssertionRequest& request) override;
  absl::StatusOr<v1::ApplyResponse> Apply(
      const v1::ApplyRequest& request) override;

  // Tells of a gap whenever the stream is open again. The watch must go before
  // this object.
  std::unique_ptr<Watch> WatchTokens(
      std::function<void(const absl::optional<v1::WatchTokensResponse>&)>
          callback) override;

 private:
  const std::unique_ptr<v1::Attestation::StubInterface> stub_;
  const absl::Duration deadline_;
  const absl::Duration reconnect_after_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_GRPC_CLIENT_H_
