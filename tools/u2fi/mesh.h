#ifndef U2FI_TOOLS_U2FI_MESH_H_
#define U2FI_TOOLS_U2FI_MESH_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "u2fi/attestation/v1/admin.pb.h"
#include "u2fi/audit/v1/audit.pb.h"
#include "u2fi/command_gate/v1/approvals.pb.h"
#include "u2fi/command_gate/v1/submit.pb.h"
#include "u2fi/device_registry/v1/admin.pb.h"
#include "u2fi/device_registry/v1/devices.pb.h"

namespace u2fi::cli {

namespace attestation = ::u2fi::attestation::v1;
namespace audit_api = ::u2fi::audit::v1;
namespace gate = ::u2fi::command_gate::v1;
namespace registry = ::u2fi::device_registry::v1;

// Who calls: the URI in the certificate, and when that ends.
struct CallerIdentity {
  std::string uri;
  absl::Time not_after;
};

// The rpcs that the command line calls, wherever they are served. Requests,
// answers and errors are those of the .proto files; a service that cannot be
// reached is PEER_UNAVAILABLE. Not thread-safe.
class Mesh {
 public:
  virtual ~Mesh() = default;

  // As it is on disk now.
  virtual absl::StatusOr<CallerIdentity> Caller() = 0;

  virtual absl::StatusOr<registry::CreateAccountResponse> CreateAccount(
      const registry::CreateAccountRequest& request) = 0;
  virtual absl::StatusOr<registry::GetAccountResponse> GetAccount(
      const registry::GetAccountRequest& request) = 0;
  virtual absl::StatusOr<registry::CreateSiteResponse> CreateSite(
      const registry::CreateSiteRequest& request) = 0;
  virtual absl::StatusOr<registry::CreateGatewayResponse> CreateGateway(
      const registry::CreateGatewayRequest& request) = 0;
  virtual absl::StatusOr<registry::ReplaceGatewayKeyResponse> ReplaceGatewayKey(
      const registry::ReplaceGatewayKeyRequest& request) = 0;
  virtual absl::StatusOr<registry::GetGatewayResponse> GetGateway(
      const registry::GetGatewayRequest& request) = 0;
  virtual absl::StatusOr<registry::ListGatewaysResponse> ListGateways(
      const registry::ListGatewaysRequest& request) = 0;
  virtual absl::StatusOr<registry::SuspendGatewayResponse> SuspendGateway(
      const registry::SuspendGatewayRequest& request) = 0;
  virtual absl::StatusOr<registry::ResumeGatewayResponse> ResumeGateway(
      const registry::ResumeGatewayRequest& request) = 0;
  virtual absl::StatusOr<registry::RevokeGatewayResponse> RevokeGateway(
      const registry::RevokeGatewayRequest& request) = 0;
  virtual absl::StatusOr<registry::ImportDevicesResponse> ImportDevices(
      const registry::ImportDevicesRequest& request) = 0;
  virtual absl::StatusOr<registry::ClaimDeviceResponse> ClaimDevice(
      const registry::ClaimDeviceRequest& request) = 0;
  virtual absl::StatusOr<registry::ListDevicesResponse> ListDevices(
      const registry::ListDevicesRequest& request) = 0;
  virtual absl::StatusOr<registry::GetModelResponse> GetModel(
      const registry::GetModelRequest& request) = 0;
  virtual absl::StatusOr<registry::UpdateModelResponse> UpdateModel(
      const registry::UpdateModelRequest& request) = 0;
  virtual absl::StatusOr<registry::PlanPinsResponse> PlanPins(
      const registry::PlanPinsRequest& request) = 0;
  virtual absl::StatusOr<registry::GetPolicyResponse> GetPolicy(
      const registry::GetPolicyRequest& request) = 0;
  virtual absl::StatusOr<registry::UpdatePolicyResponse> UpdatePolicy(
      const registry::UpdatePolicyRequest& request) = 0;

  virtual absl::StatusOr<attestation::ListTokensResponse> ListTokens(
      const attestation::ListTokensRequest& request) = 0;
  // In pieces; `blob` is the JWS.
  virtual absl::StatusOr<attestation::ImportMetadataResponse> ImportMetadata(
      absl::string_view blob, bool validate_only) = 0;
  virtual absl::StatusOr<attestation::StartRecoveryResponse> StartRecovery(
      const attestation::StartRecoveryRequest& request) = 0;
  virtual absl::StatusOr<attestation::ApproveRecoveryResponse> ApproveRecovery(
      const attestation::ApproveRecoveryRequest& request) = 0;
  virtual absl::StatusOr<attestation::CancelRecoveryResponse> CancelRecovery(
      const attestation::CancelRecoveryRequest& request) = 0;
  virtual absl::StatusOr<attestation::ListRecoveriesResponse> ListRecoveries(
      const attestation::ListRecoveriesRequest& request) = 0;

  virtual absl::StatusOr<gate::SubmitCommandResponse> SubmitCommand(
      const gate::SubmitCommandRequest& request) = 0;
  virtual absl::StatusOr<gate::SubmitBatchResponse> SubmitBatch(
      const gate::SubmitBatchRequest& request) = 0;
  virtual absl::StatusOr<gate::GetBatchResponse> GetBatch(
      const gate::GetBatchRequest& request) = 0;
  virtual absl::StatusOr<gate::GetCommandResponse> GetCommand(
      const gate::GetCommandRequest& request) = 0;
  virtual absl::StatusOr<gate::CancelCommandResponse> CancelCommand(
      const gate::CancelCommandRequest& request) = 0;
  virtual absl::StatusOr<gate::ListGatewaySessionsResponse> ListGatewaySessions(
      const gate::ListGatewaySessionsRequest& request) = 0;

  // Calls `on_state` for each message until the stream ends, or `on_state`
  // fails: then its error comes back.
  virtual absl::Status WatchCommand(
      const gate::WatchCommandRequest& request, absl::Duration timeout,
      const std::function<absl::Status(const gate::WatchCommandResponse&)>&
          on_state) = 0;

  // The same for what waits for an account. Ends with DEADLINE_EXCEEDED after
  // `timeout`.
  virtual absl::Status WatchApprovals(
      const gate::WatchApprovalsRequest& request, absl::Duration timeout,
      const std::function<absl::Status(const gate::WatchApprovalsResponse&)>&
          on_approval) = 0;

  // The records of every service that keeps an audit, one service after the
  // other; each stream begins with its header.
  virtual absl::Status ExportAudit(
      const audit_api::ExportAuditRequest& request,
      const std::function<absl::Status(const audit_api::AuditRecord&)>&
          on_record) = 0;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_MESH_H_
