#ifndef U2FI_SERVICES_CHALLENGE_CHALLENGE_GRPC_CLIENT_H_
#define U2FI_SERVICES_CHALLENGE_CHALLENGE_GRPC_CLIENT_H_

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "services/challenge/challenge_client.h"
#include "u2fi/challenge/v1/challenge.grpc.pb.h"

namespace u2fi::challenge {

// The challenge service over gRPC. Each call has a deadline; errors keep their
// reasons. Thread-safe.
class ChallengeGrpcClient : public ChallengeClient {
 public:
  ChallengeGrpcClient(std::unique_ptr<v1::Challenge::StubInterface> stub,
                      absl::Duration deadline)
      : stub_(std::move(stub)), deadline_(deadline) {}

  absl::StatusOr<v1::IssueResponse> Issue(
      const v1::IssueRequest& request) override;
  absl::StatusOr<v1::ConsumeResponse> Consume(
      const v1::ConsumeRequest& request) override;

 private:
  const std::unique_ptr<v1::Challenge::StubInterface> stub_;
  const absl::Duration deadline_;
};

}  // namespace u2fi::challenge

#endif  // U2FI_SERVICES_CHALLENGE_CHALLENGE_GRPC_CLIENT_H_
