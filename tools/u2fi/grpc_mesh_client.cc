#include "tools/u2fi/grpc_mesh_client.h"

#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/clock.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

constexpr absl::Duration kCallTimeout = absl::Seconds(15);
constexpr absl::Duration kExportTimeout = absl::Minutes(10);
// Every token of every tenant is looked at.
constexpr absl::Duration kImportTimeout = absl::Minutes(10);
constexpr size_t kPieceSize = 512 << 10;
constexpr char kGate[] = "command-gate";

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, const Request& request,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*)) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, kCallTimeout);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return response;
}

// Hands every message to `on_message`; its error ends the stream.
template <typename Message>
absl::Status ReadAll(
    grpc::ClientContext& context, grpc::ClientReaderInterface<Message>& reader,
    const std::function<absl::Status(const Message&)>& on_message) {
  Message message;
  absl::Status stopped;
  while (stopped.ok() && reader.Read(&message)) stopped = on_message(message);
  if (!stopped.ok()) context.TryCancel();
  const grpc::Status status = reader.Finish();
  return stopped.ok() ? rpc::FromGrpcStatus(status) : stopped;
}

absl::Status CheckSettings(const Settings& settings) {
  if (settings.gate.empty()) {
    return UsageError("--gate", "is missing; U2FI_GATE gives it as well");
  }
  if (settings.identity.empty()) {
    return UsageError("--identity",
                      "is missing; U2FI_IDENTITY gives it as well");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcMeshClient>> GrpcMeshClient::Create(
    const Settings& settings) {
  RETURN_IF_ERROR(CheckSettings(settings));
  rpc::TlsFiles files;
  files.certificate = absl::StrCat(settings.identity, "/tls.crt");
  files.key = absl::StrCat(settings.identity, "/tls.key");
  files.roots = absl::StrCat(settings.identity, "/ca.crt");
  files.trust_domain = settings.trust_domain;
  auto loaded = rpc::TlsIdentity::Load(files, SystemClock().Now());
  if (absl::StrContains(loaded.status().message(), "cannot be read")) {
    return Error(reason::kFileUnavailable,
                 absl::StrCat(loaded.status().message(),
                              "; --identity is a folder with tls.crt, tls.key "
                              "and ca.crt"));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<rpc::TlsIdentity> tls, std::move(loaded));
  return std::unique_ptr<GrpcMeshClient>(
      new GrpcMeshClient(settings, std::move(tls)));
}

GrpcMeshClient::GrpcMeshClient(const Settings& settings,
                               std::unique_ptr<rpc::TlsIdentity> tls)
    : settings_(settings), tls_(std::move(tls)) {
  const auto gate_channel = ChannelTo("", kGate);
  const auto registry_channel =
      ChannelTo(settings_.registry, "device-registry");
  const auto attestation_channel =
      ChannelTo(settings_.attestation, "attestation");
  gate_ = gate::CommandGate::NewStub(gate_channel);
  registry_ = registry::DeviceRegistry::NewStub(registry_channel);
  attestation_ = attestation::Attestation::NewStub(attestation_channel);
  audits_.push_back(audit_api::Audit::NewStub(gate_channel));
  std::set<std::string> asked = {"", settings_.gate};
  for (const auto& [target, service] :
       {std::pair{settings_.registry, "device-registry"},
        std::pair{settings_.attestation, "attestation"},
        std::pair{settings_.challenge, "challenge"}}) {
    if (!asked.insert(target).second) continue;
    audits_.push_back(audit_api::Audit::NewStub(ChannelTo(target, service)));
  }
}

std::shared_ptr<grpc::Channel> GrpcMeshClient::ChannelTo(
    const std::string& target, const std::string& service) const {
  const bool with_gate = target.empty() || target == settings_.gate;
  return rpc::NewChannel(*tls_, with_gate ? settings_.gate : target,
                         with_gate ? kGate : service);
}

absl::StatusOr<CallerIdentity> GrpcMeshClient::Caller() {
  ASSIGN_OR_RETURN(const absl::Time not_after, tls_->NotAfter());
  return CallerIdentity{tls_->uri(), not_after};
}

absl::StatusOr<registry::CreateAccountResponse> GrpcMeshClient::CreateAccount(
    const registry::CreateAccountRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::CreateAccount);
}

absl::StatusOr<registry::GetAccountResponse> GrpcMeshClient::GetAccount(
    const registry::GetAccountRequest& request) {
  return Call(*registry_, request, &registry::DeviceRegistry::Stub::GetAccount);
}

absl::StatusOr<registry::ReplaceGatewayKeyResponse>
GrpcMeshClient::ReplaceGatewayKey(
    const registry::ReplaceGatewayKeyRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::ReplaceGatewayKey);
}

absl::StatusOr<registry::GetGatewayResponse> GrpcMeshClient::GetGateway(
    const registry::GetGatewayRequest& request) {
  return Call(*registry_, request, &registry::DeviceRegistry::Stub::GetGateway);
}

absl::StatusOr<registry::CreateSiteResponse> GrpcMeshClient::CreateSite(
    const registry::CreateSiteRequest& request) {
  return Call(*registry_, request, &registry::DeviceRegistry::Stub::CreateSite);
}

absl::StatusOr<registry::CreateGatewayResponse> GrpcMeshClient::CreateGateway(
    const registry::CreateGatewayRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::CreateGateway);
}

absl::StatusOr<registry::ListGatewaysResponse> GrpcMeshClient::ListGateways(
    const registry::ListGatewaysRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::ListGateways);
}

absl::StatusOr<registry::SuspendGatewayResponse> GrpcMeshClient::SuspendGateway(
    const registry::SuspendGatewayRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::SuspendGateway);
}

absl::StatusOr<registry::ResumeGatewayResponse> GrpcMeshClient::ResumeGateway(
    const registry::ResumeGatewayRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::ResumeGateway);
}

absl::StatusOr<registry::RevokeGatewayResponse> GrpcMeshClient::RevokeGateway(
    const registry::RevokeGatewayRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::RevokeGateway);
}

absl::StatusOr<registry::ImportDevicesResponse> GrpcMeshClient::ImportDevices(
    const registry::ImportDevicesRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::ImportDevices);
}

absl::StatusOr<registry::ClaimDeviceResponse> GrpcMeshClient::ClaimDevice(
    const registry::ClaimDeviceRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::ClaimDevice);
}

absl::StatusOr<registry::ListDevicesResponse> GrpcMeshClient::ListDevices(
    const registry::ListDevicesRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::ListDevices);
}

absl::StatusOr<registry::GetModelResponse> GrpcMeshClient::GetModel(
    const registry::GetModelRequest& request) {
  return Call(*registry_, request, &registry::DeviceRegistry::Stub::GetModel);
}

absl::StatusOr<registry::UpdateModelResponse> GrpcMeshClient::UpdateModel(
    const registry::UpdateModelRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::UpdateModel);
}

absl::StatusOr<registry::PlanPinsResponse> GrpcMeshClient::PlanPins(
    const registry::PlanPinsRequest& request) {
  return Call(*registry_, request, &registry::DeviceRegistry::Stub::PlanPins);
}

absl::StatusOr<registry::GetPolicyResponse> GrpcMeshClient::GetPolicy(
    const registry::GetPolicyRequest& request) {
  return Call(*registry_, request, &registry::DeviceRegistry::Stub::GetPolicy);
}

absl::StatusOr<registry::UpdatePolicyResponse> GrpcMeshClient::UpdatePolicy(
    const registry::UpdatePolicyRequest& request) {
  return Call(*registry_, request,
              &registry::DeviceRegistry::Stub::UpdatePolicy);
}

absl::StatusOr<attestation::ListTokensResponse> GrpcMeshClient::ListTokens(
    const attestation::ListTokensRequest& request) {
  return Call(*attestation_, request,
              &attestation::Attestation::Stub::ListTokens);
}

absl::StatusOr<attestation::ImportMetadataResponse>
GrpcMeshClient::ImportMetadata(absl::string_view blob, bool validate_only) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, kImportTimeout);
  attestation::ImportMetadataResponse response;
  const auto writer = attestation_->ImportMetadata(&context, &response);
  attestation::ImportMetadataRequest piece;
  piece.set_validate_only(validate_only);
  for (; !blob.empty(); blob.remove_prefix(piece.chunk().size())) {
    piece.set_chunk(std::string(blob.substr(0, kPieceSize)));
    // Whoever refuses says so at the end.
    if (!writer->Write(piece)) break;
  }
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return response;
}

absl::StatusOr<attestation::StartRecoveryResponse>
GrpcMeshClient::StartRecovery(
    const attestation::StartRecoveryRequest& request) {
  return Call(*attestation_, request,
              &attestation::Attestation::Stub::StartRecovery);
}

absl::StatusOr<attestation::ApproveRecoveryResponse>
GrpcMeshClient::ApproveRecovery(
    const attestation::ApproveRecoveryRequest& request) {
  return Call(*attestation_, request,
              &attestation::Attestation::Stub::ApproveRecovery);
}

absl::StatusOr<attestation::CancelRecoveryResponse>
GrpcMeshClient::CancelRecovery(
    const attestation::CancelRecoveryRequest& request) {
  return Call(*attestation_, request,
              &attestation::Attestation::Stub::CancelRecovery);
}

absl::StatusOr<attestation::ListRecoveriesResponse>
GrpcMeshClient::ListRecoveries(
    const attestation::ListRecoveriesRequest& request) {
  return Call(*attestation_, request,
              &attestation::Attestation::Stub::ListRecoveries);
}

absl::StatusOr<gate::SubmitCommandResponse> GrpcMeshClient::SubmitCommand(
    const gate::SubmitCommandRequest& request) {
  return Call(*gate_, request, &gate::CommandGate::Stub::SubmitCommand);
}

absl::StatusOr<gate::SubmitBatchResponse> GrpcMeshClient::SubmitBatch(
    const gate::SubmitBatchRequest& request) {
  return Call(*gate_, request, &gate::CommandGate::Stub::SubmitBatch);
}

absl::StatusOr<gate::GetBatchResponse> GrpcMeshClient::GetBatch(
    const gate::GetBatchRequest& request) {
  return Call(*gate_, request, &gate::CommandGate::Stub::GetBatch);
}

absl::StatusOr<gate::GetCommandResponse> GrpcMeshClient::GetCommand(
    const gate::GetCommandRequest& request) {
  return Call(*gate_, request, &gate::CommandGate::Stub::GetCommand);
}

absl::StatusOr<gate::CancelCommandResponse> GrpcMeshClient::CancelCommand(
    const gate::CancelCommandRequest& request) {
  return Call(*gate_, request, &gate::CommandGate::Stub::CancelCommand);
}

absl::StatusOr<gate::ListGatewaySessionsResponse>
GrpcMeshClient::ListGatewaySessions(
    const gate::ListGatewaySessionsRequest& request) {
  return Call(*gate_, request, &gate::CommandGate::Stub::ListGatewaySessions);
}

absl::Status GrpcMeshClient::WatchCommand(
    const gate::WatchCommandRequest& request, absl::Duration timeout,
    const std::function<absl::Status(const gate::WatchCommandResponse&)>&
        on_state) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, timeout);
  const auto reader = gate_->WatchCommand(&context, request);
  return ReadAll<gate::WatchCommandResponse>(context, *reader, on_state);
}

absl::Status GrpcMeshClient::WatchApprovals(
    const gate::WatchApprovalsRequest& request, absl::Duration timeout,
    const std::function<absl::Status(const gate::WatchApprovalsResponse&)>&
        on_approval) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, timeout);
  const auto reader = gate_->WatchApprovals(&context, request);
  return ReadAll<gate::WatchApprovalsResponse>(context, *reader, on_approval);
}

absl::Status GrpcMeshClient::CheckThatAllAreNamed() {
  const std::pair<const char*, const std::string&> others[] = {
      {"--registry", settings_.registry},
      {"--attestation", settings_.attestation},
      {"--challenge", settings_.challenge}};
  const auto with_gate = [this](const std::string& address) {
    return address.empty() || address == settings_.gate;
  };
  // A gate that serves no registry is one of several processes.
  bool apart =
      with_gate(settings_.registry) &&
      absl::IsUnimplemented(Call(*registry_, registry::GetJwksRequest(),
                                 &registry::DeviceRegistry::Stub::GetJwks)
                                .status());
  for (const auto& [flag, address] : others) apart |= !with_gate(address);
  if (!apart) return absl::OkStatus();
  std::set<std::string> named = {settings_.gate};
  for (const auto& [flag, address] : others) {
    if (address.empty() || !named.insert(address).second) {
      return UsageError(
          flag, absl::StrCat(address.empty() ? "is missing"
                                             : "is where another service is",
                             ": services run apart here, and the audit of this "
                             "one would be left out"));
    }
  }
  return absl::OkStatus();
}

absl::Status GrpcMeshClient::ExportAudit(
    const audit_api::ExportAuditRequest& request,
    const std::function<absl::Status(const audit_api::AuditRecord&)>&
        on_record) {
  RETURN_IF_ERROR(CheckThatAllAreNamed());
  for (const auto& audit : audits_) {
    grpc::ClientContext context;
    rpc::PrepareCall(context, kExportTimeout);
    const auto reader = audit->ExportAudit(&context, request);
    const auto on_message =
        [&](const audit_api::ExportAuditResponse& response) -> absl::Status {
      for (const audit_api::AuditRecord& record : response.records()) {
        RETURN_IF_ERROR(on_record(record));
      }
      return absl::OkStatus();
    };
    RETURN_IF_ERROR(
        ReadAll<audit_api::ExportAuditResponse>(context, *reader, on_message));
  }
  return absl::OkStatus();
}

}  // namespace u2fi::cli
