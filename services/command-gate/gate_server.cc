#include "services/command-gate/gate_server.h"

#include "services/command-gate/wait_reactors.h"
#include "services/common/rpc/event_stream.h"
#include "services/common/rpc/run_unary.h"

namespace u2fi::command_gate {
grpc::ServerUnaryReactor* GateServer::SubmitCommand(
    grpc::CallbackServerContext* context,
    const v1::SubmitCommandRequest* request,
    v1::SubmitCommandResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return service_.Submit(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::SubmitBatch(
    grpc::CallbackServerContext* context, const v1::SubmitBatchRequest* request,
    v1::SubmitBatchResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return service_.SubmitBatch(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::GetBatch(
    grpc::CallbackServerContext* context, const v1::GetBatchRequest* request,
    v1::GetBatchResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return service_.GetBatch(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::GetCommand(
    grpc::CallbackServerContext* context, const v1::GetCommandRequest* request,
    v1::GetCommandResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return service_.Get(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::ListCommands(
    grpc::CallbackServerContext* context,
    const v1::ListCommandsRequest* request,
    v1::ListCommandsResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return service_.List(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::CancelCommand(
    grpc::CallbackServerContext* context,
    const v1::CancelCommandRequest* request,
    v1::CancelCommandResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return service_.Cancel(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::AnswerApproval(
    grpc::CallbackServerContext* context,
    const v1::AnswerApprovalRequest* request,
    v1::AnswerApprovalResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return service_.Answer(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::ListGatewaySessions(
    grpc::CallbackServerContext* context,
    const v1::ListGatewaySessionsRequest* request,
    v1::ListGatewaySessionsResponse* response) {
  return rpc::RunUnary(executor_, context, response,
                       [this, request](const rpc::Caller& caller) {
                         return sessions_.List(caller, *request);
                       });
}

grpc::ServerUnaryReactor* GateServer::WaitCommand(
    grpc::CallbackServerContext* context, const v1::WaitCommandRequest* request,
    v1::WaitCommandResponse* response) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return rpc::Finish(context, caller.status());
  return StartWait({service_, watchers_, executor_}, *caller, *request,
                   response);
}

grpc::ServerWriteReactor<v1::WatchCommandResponse>* GateServer::WatchCommand(
    grpc::CallbackServerContext* context,
    const v1::WatchCommandRequest* request) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok())
    return new rpc::RefusedStream<v1::WatchCommandResponse>(caller.status());
  return StartWatch({service_, watchers_, executor_}, *caller, *request);
}

grpc::ServerWriteReactor<v1::WatchApprovalsResponse>*
GateServer::WatchApprovals(grpc::CallbackServerContext* context,
                           const v1::WatchApprovalsRequest* request) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  const absl::StatusOr<ApprovalFeed::Reader> reader =
      caller.ok() ? service_.ReaderOf(*caller, *request)
                  : absl::StatusOr<ApprovalFeed::Reader>(caller.status());
  if (!reader.ok()) {
    return new rpc::RefusedStream<v1::WatchApprovalsResponse>(reader.status());
  }
  const ApprovalFeed::Parts parts{service_.commands(), watchers_, executor_,
                                  service_.questions()};
  return new rpc::EventStream<v1::WatchApprovalsResponse, ApprovalFeed::Watch>(
      [&](ApprovalFeed::Callback callback) {
        return ApprovalFeed::Start(parts, *reader, std::move(callback));
      });
}

}  // namespace u2fi::command_gate
