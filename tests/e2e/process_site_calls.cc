// What tests ask of a running site.
#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "services/common/file/file.h"
#include "services/common/status/status_macros.h"
#include "tests/e2e/process_site.h"
#include "tests/e2e/site_call.h"
#include "tools/device-emulator/execution_journal.h"
#include "tools/soft-token/control_port.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::BatchRecord;
using command_gate::v1::CommandRecord;
using command_gate::v1::SubmitCommandRequest;

constexpr size_t kMaxJournal = size_t{64} << 20;

}  // namespace

std::unique_ptr<gateway::v1::AgentLocal::Stub> ProcessSite::LocalApi(
    int gateway) {
  return gateway::v1::AgentLocal::NewStub(
      grpc::CreateChannel(absl::StrCat("unix:", ca_.folder(), "/state-",
                                       Gateway(gateway), "/agent.sock"),
                          grpc::InsecureChannelCredentials()));
}

absl::StatusOr<gateway::v1::StatusResponse> ProcessSite::AgentStatus(
    int gateway) {
  gateway::v1::StatusResponse response;
  RETURN_IF_ERROR(Call(*LocalApi(gateway),
                       &gateway::v1::AgentLocal::Stub::Status,
                       gateway::v1::StatusRequest(), response));
  return response;
}

absl::Status ProcessSite::Decline(int gateway, const std::string& approval_id) {
  gateway::v1::DeclineRequest request;
  request.set_approval_id(approval_id);
  gateway::v1::DeclineResponse response;
  return Call(*LocalApi(gateway), &gateway::v1::AgentLocal::Stub::Decline,
              request, response);
}

absl::StatusOr<int> ProcessSite::HolderOf(int gateway, int via) {
  command_gate::v1::ListGatewaySessionsResponse response;
  RETURN_IF_ERROR(
      Call(*gate_operators_[via],
           &command_gate::v1::CommandGate::Stub::ListGatewaySessions,
           command_gate::v1::ListGatewaySessionsRequest(), response));
  for (const auto& session : response.sessions()) {
    for (int i = 0; i < options_.gates; ++i) {
      if (session.gateway() == Gateway(gateway) &&
          session.replica() == addresses_.at(ReplicaName(i))) {
        return i;
      }
    }
  }
  return absl::NotFoundError(response.ShortDebugString());
}

absl::Status ProcessSite::TellToken(int gateway, const std::string& command) {
  return soft_token::SendControl(
             absl::StrCat(ca_.folder(), "/token-", gateway, ".ctl"), command)
      .status();
}

absl::StatusOr<CommandRecord> ProcessSite::SubmitRequest(
    const SubmitCommandRequest& request, int gate) {
  command_gate::v1::SubmitCommandResponse response;
  RETURN_IF_ERROR(Call(*gates_[gate],
                       &command_gate::v1::CommandGate::Stub::SubmitCommand,
                       request, response));
  return response.command();
}

absl::StatusOr<CommandRecord> ProcessSite::Submit(
    int gateway, const std::string& operation) {
  return SubmitAt(0, gateway, operation);
}

absl::StatusOr<CommandRecord> ProcessSite::SubmitAt(
    int gate, int gateway, const std::string& operation) {
  SubmitCommandRequest request = NewRequest(gateway);
  request.mutable_item()->set_device(Camera(gateway));
  request.mutable_item()->set_operation(operation);
  request.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
  return SubmitRequest(request, gate);
}

absl::StatusOr<CommandRecord> ProcessSite::CancelAt(int gate, int gateway,
                                                    const std::string& name) {
  command_gate::v1::CancelCommandRequest request;
  request.set_name(name);
  request.set_on_behalf_of(Account(gateway));
  command_gate::v1::CancelCommandResponse response;
  RETURN_IF_ERROR(Call(*gates_[gate],
                       &command_gate::v1::CommandGate::Stub::CancelCommand,
                       request, response));
  return response.command();
}

absl::StatusOr<CommandRecord> ProcessSite::Wait(const std::string& name) {
  return WaitAt(0, name);
}

absl::StatusOr<CommandRecord> ProcessSite::WaitAt(int gate,
                                                  const std::string& name) {
  command_gate::v1::WaitCommandRequest wait;
  wait.set_name(name);
  wait.mutable_timeout()->set_seconds(20);
  command_gate::v1::WaitCommandResponse response;
  RETURN_IF_ERROR(Call(*gates_[gate],
                       &command_gate::v1::CommandGate::Stub::WaitCommand, wait,
                       response, absl::Seconds(25)));
  return response.command();
}

absl::StatusOr<BatchRecord> ProcessSite::SubmitBatch(
    int gateway, const std::string& operation, int size) {
  const SubmitCommandRequest one = NewRequest(gateway);
  command_gate::v1::SubmitBatchRequest request;
  request.set_request_id(one.request_id());
  *request.mutable_options() = one.options();
  request.mutable_options()->set_purpose(proof::v1::PURPOSE_COMMAND);
  const std::vector<std::string> cameras = Cameras(gateway, options_.cameras);
  for (int i = 0; i < size; ++i) {
    request.add_items()->set_device(cameras[i % cameras.size()]);
    request.mutable_items(i)->set_operation(operation);
  }
  command_gate::v1::SubmitBatchResponse response;
  RETURN_IF_ERROR(Call(*gates_[0],
                       &command_gate::v1::CommandGate::Stub::SubmitBatch,
                       request, response));
  return response.batch();
}

absl::StatusOr<BatchRecord> ProcessSite::GetBatch(const std::string& name) {
  command_gate::v1::GetBatchRequest request;
  request.set_name(name);
  command_gate::v1::GetBatchResponse response;
  RETURN_IF_ERROR(Call(*gates_[0],
                       &command_gate::v1::CommandGate::Stub::GetBatch, request,
                       response));
  return response.batch();
}

std::vector<std::string> ProcessSite::Executions(int gateway,
                                                 const std::string& operation) {
  std::vector<std::string> commands;
  for (const std::string& camera : Cameras(gateway, options_.cameras)) {
    const absl::StatusOr<std::string> text = ReadFile(
        absl::StrCat(ca_.folder(), "/devices/", camera, "/executions.log"),
        kMaxJournal);
    if (!text.ok()) continue;
    for (const auto& command : device::ReadJournal(*text)) {
      if (command.operation == operation) {
        commands.push_back(command.command_id);
      }
    }
  }
  return commands;
}

}  // namespace u2fi::e2e
