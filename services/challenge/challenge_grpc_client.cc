#include "services/challenge/challenge_grpc_client.h"

#include "services/common/rpc/client_call.h"

namespace u2fi::challenge {

using Stub = v1::Challenge::StubInterface;

absl::StatusOr<v1::IssueResponse> ChallengeGrpcClient::Issue(
    const v1::IssueRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Issue);
}

absl::StatusOr<v1::ConsumeResponse> ChallengeGrpcClient::Consume(
    const v1::ConsumeRequest& request) {
  return rpc::Call(*stub_, deadline_, request, &Stub::Consume);
}

}  // namespace u2fi::challenge
