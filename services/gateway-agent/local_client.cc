#include "services/gateway-agent/local_client.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(5);

std::string TimeOf(uint64_t ms) {
  if (ms == 0) return "never";
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC",
                          absl::FromUnixMillis(static_cast<int64_t>(ms)),
                          absl::UTCTimeZone());
}

const char* StateOf(const gateway::v1::LocalDevice& device) {
  if (device.state() == gateway::v1::LOCAL_DEVICE_STATE_BOUND) return "bound";
  if (device.state() == gateway::v1::LOCAL_DEVICE_STATE_STAGED) return "staged";
  return "blank";
}

}  // namespace

LocalClient::LocalClient(const std::string& socket)
    : socket_(socket),
      stub_(gateway::v1::AgentLocal::NewStub(
          grpc::CreateChannel(absl::StrCat("unix:", socket),
                              // The socket's file mode is the protection.
                              grpc::InsecureChannelCredentials()))) {}

absl::StatusOr<gateway::v1::StatusResponse> LocalClient::Status() {
  grpc::ClientContext context;
  rpc::PrepareCall(context, kTimeout);
  gateway::v1::StatusResponse response;
  RETURN_IF_ERROR(Explain(stub_->Status(&context, {}, &response)));
  return response;
}

absl::Status LocalClient::EnterPin(
    const gateway::v1::EnterPinRequest& request) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, kTimeout);
  gateway::v1::EnterPinResponse response;
  return Explain(stub_->EnterPin(&context, request, &response));
}

absl::Status LocalClient::Decline(const std::string& approval_id) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, kTimeout);
  gateway::v1::DeclineRequest request;
  request.set_approval_id(approval_id);
  gateway::v1::DeclineResponse response;
  return Explain(stub_->Decline(&context, request, &response));
}

absl::Status LocalClient::Explain(const grpc::Status& status) const {
  absl::Status error = rpc::FromGrpcStatus(status);
  if (!IsReason(error, reason::kPeerUnavailable)) return error;
  return Error(reason::kPeerUnavailable,
               absl::StrCat("no agent answers at ", socket_,
                            ": does one run here with this state_dir or "
                            "local_socket, and may this user open it?"));
}

std::string Describe(const gateway::v1::StatusResponse& status) {
  std::string text = absl::StrCat(
      "gateway      ", status.gateway(), "  (agent ", status.agent_version(),
      ")\nlink         ",
      status.connected() ? absl::StrCat("up, stream ", status.generation())
                         : "down",
      ", last heard ", TimeOf(status.last_message_ms()),
      "\ncertificate  until ", TimeOf(status.certificate_expires_ms()), "\n");
  for (const auto& token : status.tokens()) {
    absl::StrAppend(&text, "key          ", token.port(), "\n");
  }
  for (const auto& device : status.devices()) {
    absl::StrAppend(&text, "device       ", device.device(), "  ",
                    StateOf(device), device.kit() ? "" : ", without the kit",
                    device.online() ? ", online" : ", offline", ", pins ",
                    device.pins_revision(), "\n");
  }
  for (const auto& question : status.questions()) {
    absl::StrAppend(
        &text, question.shown() ? "shown        " : "waits        ",
        question.approval_id(), "  until ", TimeOf(question.approve_by_ms()),
        "\n             ",
        absl::StrReplaceAll(question.text(), {{"\n", "\n             "}}),
        "\n");
    if (question.has_pin()) {
      absl::StrAppend(&text, "             wants the key's PIN, tries left: ",
                      question.pin().tries_left(), "\n");
    }
  }
  return text;
}

}  // namespace u2fi::gateway_agent
