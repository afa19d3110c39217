#ifndef U2FI_TOOLS_U2FI_GRPC_MESH_CLIENT_H_
#define U2FI_TOOLS_U2FI_GRPC_MESH_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/rpc/tls_identity.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/settings.h"
#include "u2fi/attestation/v1/attestation.grpc.pb.h"
#include "u2fi/audit/v1/audit.grpc.pb.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"
#include "u2fi/device_registry/v1/registry.grpc.pb.h"

namespace u2fi::cli {

// The mesh over mutual TLS. Each server must show the identity of the service
// it is asked for; where one process serves everything, that of the gate.
class GrpcMeshClient : public Mesh {
 public:
  // Reads the certificate; connects when first used. INVALID_FIELD if an
  // address or the identity is missing; the errors of TlsIdentity::Load.
  static absl::StatusOr<std::unique_ptr<GrpcMeshClient>> Create(
      const Settings& settings);

  absl::StatusOr<CallerIdentity> Caller() override;
  absl::StatusOr<registry::CreateAccountResponse> CreateAccount(
      const registry::CreateAccountRequest& request) override;
  absl::StatusOr<registry::GetAccountResponse> GetAccount(
      const registry::GetAccountRequest& request) override;
  absl::StatusOr<registry::CreateSiteResponse> CreateSite(
      const registry::CreateSiteRequest& request) override;
  absl::StatusOr<registry::CreateGatewayResponse> CreateGateway(
      const registry::CreateGatewayRequest& request) override;
  absl::StatusOr<registry::ReplaceGatewayKeyResponse> ReplaceGatewayKey(
      const registry::ReplaceGatewayKeyRequest& request) override;
  absl::StatusOr<registry::GetGatewayResponse> GetGateway(
      const registry::GetGatewayRequest& request) override;
  absl::StatusOr<registry::ListGatewaysResponse> ListGateways(
      const registry::ListGatewaysRequest& request) override;
  absl::StatusOr<registry::SuspendGatewayResponse> SuspendGateway(
      const registry::SuspendGatewayRequest& request) override;
  absl::StatusOr<registry::ResumeGatewayResponse> ResumeGateway(
      const registry::ResumeGatewayRequest& request) override;
  absl::StatusOr<registry::RevokeGatewayResponse> RevokeGateway(
      const registry::RevokeGatewayRequest& request) override;
  absl::StatusOr<registry::ImportDevicesResponse> ImportDevices(
      const registry::ImportDevicesRequest& request) override;
  absl::StatusOr<registry::ClaimDeviceResponse> ClaimDevice(
      const registry::ClaimDeviceRequest& request) override;
  absl::StatusOr<registry::ListDevicesResponse> ListDevices(
      const registry::ListDevicesRequest& request) override;
  absl::StatusOr<registry::GetModelResponse> GetModel(
      const registry::GetModelRequest& request) override;
  absl::StatusOr<registry::UpdateModelResponse> UpdateModel(
      const registry::UpdateModelRequest& request) override;
  absl::StatusOr<registry::PlanPinsResponse> PlanPins(
      const registry::PlanPinsRequest& request) override;
  absl::StatusOr<registry::GetPolicyResponse> GetPolicy(
      const registry::GetPolicyRequest& request) override;
  absl::StatusOr<registry::UpdatePolicyResponse> UpdatePolicy(
      const registry::UpdatePolicyRequest& request) override;
  absl::StatusOr<attestation::ListTokensResponse> ListTokens(
      const attestation::ListTokensRequest& request) override;
  absl::StatusOr<attestation::ImportMetadataResponse> ImportMetadata(
      absl::string_view blob, bool validate_only) override;
  absl::StatusOr<attestation::StartRecoveryResponse> StartRecovery(
      const attestation::StartRecoveryRequest& request) override;
  absl::StatusOr<attestation::ApproveRecoveryResponse> ApproveRecovery(
      const attestation::ApproveRecoveryRequest& request) override;
  absl::StatusOr<attestation::CancelRecoveryResponse> CancelRecovery(
      const attestation::CancelRecoveryRequest& request) override;
  absl::StatusOr<attestation::ListRecoveriesResponse> ListRecoveries(
      const attestation::ListRecoveriesRequest& request) override;
  absl::StatusOr<gate::SubmitCommandResponse> SubmitCommand(
      const gate::SubmitCommandRequest& request) override;
  absl::StatusOr<gate::SubmitBatchResponse> SubmitBatch(
      const gate::SubmitBatchRequest& request) override;
  absl::StatusOr<gate::GetBatchResponse> GetBatch(
      const gate::GetBatchRequest& request) override;
  absl::StatusOr<gate::GetCommandResponse> GetCommand(
      const gate::GetCommandRequest& request) override;
  absl::StatusOr<gate::CancelCommandResponse> CancelCommand(
      const gate::CancelCommandRequest& request) override;
  absl::StatusOr<gate::ListGatewaySessionsResponse> ListGatewaySessions(
      const gate::ListGatewaySessionsRequest& request) override;
  absl::Status WatchCommand(
      const gate::WatchCommandRequest& request, absl::Duration timeout,
      const std::function<absl::Status(const gate::WatchCommandResponse&)>&
          on_state) override;
  absl::Status WatchApprovals(
      const gate::WatchApprovalsRequest& request, absl::Duration timeout,
      const std::function<absl::Status(const gate::WatchApprovalsResponse&)>&
          on_approval) override;
  absl::Status ExportAudit(
      const audit_api::ExportAuditRequest& request,
      const std::function<absl::Status(const audit_api::AuditRecord&)>&
          on_record) override;

 private:
  // An audit that lacks a service would look whole.
  absl::Status CheckThatAllAreNamed();
  GrpcMeshClient(const Settings& settings,
                 std::unique_ptr<rpc::TlsIdentity> tls);

  std::shared_ptr<grpc::Channel> ChannelTo(const std::string& target,
                                           const std::string& service) const;

  const Settings settings_;
  const std::unique_ptr<rpc::TlsIdentity> tls_;
  std::unique_ptr<gate::CommandGate::Stub> gate_;
  std::unique_ptr<registry::DeviceRegistry::Stub> registry_;
  std::unique_ptr<attestation::Attestation::Stub> attestation_;
  // One per process that keeps an audit.
  std::vector<std::unique_ptr<audit_api::Audit::Stub>> audits_;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_GRPC_MESH_CLIENT_H_
