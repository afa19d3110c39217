#include "services/command-gate/replica_link_server.h"

#include "services/common/rpc/ids.h"
#include "services/common/rpc/reply.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

using gateway::v1::MeshMessage;

// Whether one replica may have another one say this. Welcome and Drain are the
// word of the replica that holds the stream, and each tells its own streams of
// revocations.
bool MayBeForwarded(MeshMessage::BodyCase body) {
  switch (body) {
    case MeshMessage::kApprovalRequest:
    case MeshMessage::kApprovalOutcome:
    case MeshMessage::kEnrolmentRequest:
    case MeshMessage::kCancelApproval:
    case MeshMessage::kCue:
    case MeshMessage::kExecuteCommand:
    case MeshMessage::kExecuteBatch:
    case MeshMessage::kStage:
    case MeshMessage::kCommitBinding:
    case MeshMessage::kRollbackBinding:
    case MeshMessage::kReleaseBinding:
    case MeshMessage::kPinsUpdate:
    case MeshMessage::kAccessToken:
    case MeshMessage::kResultAck:
      return true;
    default:
      return false;
  }
}

absl::StatusOr<v1::ForwardResponse> Take(GatewaySessions& sessions,
                                         const v1::ForwardRequest& request) {
  RETURN_IF_ERROR(rpc::CheckId("tenant", request.tenant()));
  RETURN_IF_ERROR(rpc::CheckId("gateway", request.gateway()));
  if (request.generation() == 0) {
    return FieldError("generation", "is required");
  }
  if (!MayBeForwarded(request.message().body_case())) {
    return FieldError("message", "has no body that is forwarded");
  }
  ASSIGN_OR_RETURN(const size_t before,
                   sessions.SendAt(request.tenant(), request.gateway(),
                                   request.generation(), request.message()));
  v1::ForwardResponse response;
  response.set_queue_length(static_cast<uint32_t>(before));
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* ReplicaLinkServer::Forward(
    grpc::CallbackServerContext* context, const v1::ForwardRequest* request,
    v1::ForwardResponse* response) {
  return rpc::Reply(context, Take(sessions_, *request), response);
}

}  // namespace u2fi::command_gate
