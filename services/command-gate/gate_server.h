#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_SERVER_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_SERVER_H_

#include "services/command-gate/command_watchers.h"
#include "services/command-gate/gate_service.h"
#include "services/command-gate/session_list.h"
#include "services/common/audit/executor.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"

namespace u2fi::command_gate {

// Translates between CommandGate's rpcs and GateService. What it does not
// override answers UNIMPLEMENTED. The references must outlive this object and
// every server it is registered on.
class GateServer : public v1::CommandGate::CallbackService {
 public:
  GateServer(GateService& service, SessionList& sessions,
             CommandWatchers& watchers, audit::Executor& executor)
      : service_(service),
        sessions_(sessions),
        watchers_(watchers),
        executor_(executor) {}

  grpc::ServerUnaryReactor* SubmitCommand(
      grpc::CallbackServerContext* context,
      const v1::SubmitCommandRequest* request,
      v1::SubmitCommandResponse* response) override;
  grpc::ServerUnaryReactor* SubmitBatch(
      grpc::CallbackServerContext* context,
      const v1::SubmitBatchRequest* request,
      v1::SubmitBatchResponse* response) override;
  grpc::ServerUnaryReactor* GetBatch(grpc::CallbackServerContext* context,
                                     const v1::GetBatchRequest* request,
                                     v1::GetBatchResponse* response) override;
  grpc::ServerUnaryReactor* GetCommand(
      grpc::CallbackServerContext* context,
      const v1::GetCommandRequest* request,
      v1::GetCommandResponse* response) override;
  grpc::ServerUnaryReactor* ListCommands(
      grpc::CallbackServerContext* context,
      const v1::ListCommandsRequest* request,
      v1::ListCommandsResponse* response) override;
  grpc::ServerUnaryReactor* CancelCommand(
      grpc::CallbackServerContext* context,
      const v1::CancelCommandRequest* request,
      v1::CancelCommandResponse* response) override;
  grpc::ServerUnaryReactor* AnswerApproval(
      grpc::CallbackServerContext* context,
      const v1::AnswerApprovalRequest* request,
      v1::AnswerApprovalResponse* response) override;
  grpc::ServerUnaryReactor* ListGatewaySessions(
      grpc::CallbackServerContext* context,
      const v1::ListGatewaySessionsRequest* request,
      v1::ListGatewaySessionsResponse* response) override;
  grpc::ServerUnaryReactor* WaitCommand(
      grpc::CallbackServerContext* context,
      const v1::WaitCommandRequest* request,
      v1::WaitCommandResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchApprovalsResponse>* WatchApprovals(
      grpc::CallbackServerContext* context,
      const v1::WatchApprovalsRequest* request) override;
  grpc::ServerWriteReactor<v1::WatchCommandResponse>* WatchCommand(
      grpc::CallbackServerContext* context,
      const v1::WatchCommandRequest* request) override;

 private:
  GateService& service_;
  SessionList& sessions_;
  CommandWatchers& watchers_;
  audit::Executor& executor_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_SERVER_H_
