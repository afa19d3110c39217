#include "services/challenge/challenge_grpc_client.h"

#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/status_macros.h"

namespace u2fi::challenge {

absl::StatusOr<v1::IssueResponse> ChallengeGrpcClient::Issue(
    const v1::IssueRequest& request) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, deadline_);
  v1::IssueResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(stub_->Issue(&context, request, &response)));
  return response;
}

absl::StatusOr<v1::ConsumeResponse> ChallengeGrpcClient::Consume(
    const v1::ConsumeRequest& request) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, deadline_);
  v1::ConsumeResponse response;
  RETURN_IF_ERROR(
      rpc::FromGrpcStatus(stub_->Consume(&context, request, &response)));
  return response;
}

}  // namespace u2fi::challenge
