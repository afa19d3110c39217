#ifndef U2FI_TOOLS_U2FI_FAKE_MESH_H_
#define U2FI_TOOLS_U2FI_FAKE_MESH_H_

#include <string>
#include <vector>

#include "services/common/proof/words.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "tools/u2fi/mesh.h"

namespace u2fi::cli {

// A mesh that keeps every request as "method request", answers with what was
// put in, and otherwise with what was asked for. Simplified: it checks nothing
// and stores nothing; a command goes through `states`.
class FakeMesh : public Mesh {
 public:
  // What any rpc answers instead, if it is not OK.
  absl::Status error;
  // The model that is there; without a name there is none.
  registry::Model model;
  // Pages of lists, in order.
  std::vector<registry::ListDevicesResponse> devices;
  std::vector<attestation::ListTokensResponse> tokens;
  std::vector<registry::ListGatewaysResponse> gateways;
  registry::PlanPinsResponse plan;
  registry::Policy policy;
  registry::Account account;
  // What GetAccount answers instead, if it is not OK.
  absl::Status account_error;
  gate::ListGatewaySessionsResponse sessions;
  absl::Status sessions_error;
  CallerIdentity caller;
  // No command is known.
  bool no_command = false;
  // The states of a submitted command, in order.
  std::vector<gate::CommandState> states = {
      gate::COMMAND_STATE_AWAITING_APPROVAL, gate::COMMAND_STATE_SUCCEEDED};
  // Of the last state.
  std::string reason;
  // What a watch of a batch says, in order, after the submission said the
  // first of them.
  std::vector<gate::WatchCommandResponse> batch_changes;
  // Instead of the right ones, if not empty.
  std::vector<std::string> words;
  std::vector<audit_api::AuditRecord> records;

  const std::vector<std::string>& calls() const { return calls_; }

  absl::StatusOr<registry::CreateAccountResponse> CreateAccount(
      const registry::CreateAccountRequest& request) override {
    return Answer<registry::CreateAccountResponse>(
        "CreateAccount", request, [&](auto& response) {
          *response.mutable_account() = request.account();
          response.mutable_account()->set_name("accounts/" +
                                               request.account_id());
        });
  }
  absl::StatusOr<registry::GetAccountResponse> GetAccount(
      const registry::GetAccountRequest& request) override {
    return Answer<registry::GetAccountResponse>(
        "GetAccount", request,
        [&](auto& response) { *response.mutable_account() = account; },
        account_error);
  }
  // As if its site's owner had to agree, if there is a `pending_key`.
  absl::StatusOr<registry::ReplaceGatewayKeyResponse> ReplaceGatewayKey(
      const registry::ReplaceGatewayKeyRequest& request) override {
    return Answer<registry::ReplaceGatewayKeyResponse>(
        "ReplaceGatewayKey", request, [&](auto& response) {
          response.mutable_gateway()->set_name(request.name());
          response.mutable_gateway()->set_pending_public_key(pending_key);
        });
  }
  // What GetGateway and ReplaceGatewayKey say that waits.
  std::string pending_key;
  // Any gateway, whose key is its name.
  absl::StatusOr<registry::GetGatewayResponse> GetGateway(
      const registry::GetGatewayRequest& request) override {
    return Answer<registry::GetGatewayResponse>(
        "GetGateway", request, [&](auto& response) {
          response.mutable_gateway()->set_name(request.name());
          response.mutable_gateway()->set_channel_key(request.name());
          response.mutable_gateway()->set_pending_public_key(pending_key);
          response.mutable_gateway()->set_etag("7");
        });
  }
  absl::StatusOr<registry::CreateSiteResponse> CreateSite(
      const registry::CreateSiteRequest& request) override {
    return Answer<registry::CreateSiteResponse>(
        "CreateSite", request, [&](auto& response) {
          response.mutable_site()->set_name("sites/" + request.site_id());
        });
  }
  absl::StatusOr<registry::CreateGatewayResponse> CreateGateway(
      const registry::CreateGatewayRequest& request) override {
    return Answer<registry::CreateGatewayResponse>(
        "CreateGateway", request, [&](auto& response) {
          response.mutable_gateway()->set_name("gateways/" +
                                               request.gateway_id());
        });
  }
  absl::StatusOr<registry::ListGatewaysResponse> ListGateways(
      const registry::ListGatewaysRequest& request) override {
    return Page<registry::ListGatewaysResponse>("ListGateways", request,
                                                gateways, gateway_page_);
  }
  absl::StatusOr<registry::SuspendGatewayResponse> SuspendGateway(
      const registry::SuspendGatewayRequest& request) override {
    return Answer<registry::SuspendGatewayResponse>(
        "SuspendGateway", request, [&](auto& response) {
          response.mutable_gateway()->set_name(request.name());
        });
  }
  absl::StatusOr<registry::ResumeGatewayResponse> ResumeGateway(
      const registry::ResumeGatewayRequest& request) override {
    return Answer<registry::ResumeGatewayResponse>(
        "ResumeGateway", request, [&](auto& response) {
          response.mutable_gateway()->set_name(request.name());
        });
  }
  absl::StatusOr<registry::RevokeGatewayResponse> RevokeGateway(
      const registry::RevokeGatewayRequest& request) override {
    return Answer<registry::RevokeGatewayResponse>(
        "RevokeGateway", request, [&](auto& response) {
          response.mutable_gateway()->set_name(request.name());
        });
  }
  absl::StatusOr<registry::ImportDevicesResponse> ImportDevices(
      const registry::ImportDevicesRequest& request) override {
    return Answer<registry::ImportDevicesResponse>(
        "ImportDevices", request, [&](auto& response) {
          for (const auto& device : request.devices()) {
            response.add_devices("devices/" + device.device_id());
          }
        });
  }
  absl::StatusOr<registry::ClaimDeviceResponse> ClaimDevice(
      const registry::ClaimDeviceRequest& request) override {
    return Answer<registry::ClaimDeviceResponse>(
        "ClaimDevice", request, [&](auto& response) {
          response.mutable_device()->set_name(request.name());
        });
  }
  absl::StatusOr<registry::ListDevicesResponse> ListDevices(
      const registry::ListDevicesRequest& request) override {
    return Page<registry::ListDevicesResponse>("ListDevices", request, devices,
                                               device_page_);
  }
  absl::StatusOr<registry::GetModelResponse> GetModel(
      const registry::GetModelRequest& request) override {
    if (error.ok() && model.name().empty()) {
      return Error(u2fi::reason::kResourceUnknown, "there is no such model");
    }
    return Answer<registry::GetModelResponse>(
        "GetModel", request,
        [&](auto& response) { *response.mutable_model() = model; });
  }
  absl::StatusOr<registry::UpdateModelResponse> UpdateModel(
      const registry::UpdateModelRequest& request) override {
    return Answer<registry::UpdateModelResponse>(
        "UpdateModel", request, [&](auto& response) {
          *response.mutable_model() = request.model();
          for (const auto& change : policy.pending()) {
            *response.mutable_waits() = change;
          }
        });
  }
  absl::StatusOr<registry::PlanPinsResponse> PlanPins(
      const registry::PlanPinsRequest& request) override {
    return Answer<registry::PlanPinsResponse>(
        "PlanPins", request, [&](auto& response) { response = plan; });
  }
  absl::StatusOr<CallerIdentity> Caller() override { return caller; }
  absl::StatusOr<registry::GetPolicyResponse> GetPolicy(
      const registry::GetPolicyRequest& request) override {
    return Answer<registry::GetPolicyResponse>(
        "GetPolicy", request,
        [&](auto& response) { *response.mutable_policy() = policy; });
  }
  absl::StatusOr<registry::UpdatePolicyResponse> UpdatePolicy(
      const registry::UpdatePolicyRequest& request) override {
    return Answer<registry::UpdatePolicyResponse>(
        "UpdatePolicy", request,
        [&](auto& response) { *response.mutable_policy() = request.policy(); });
  }
  absl::StatusOr<gate::ListGatewaySessionsResponse> ListGatewaySessions(
      const gate::ListGatewaySessionsRequest& request) override {
    RETURN_IF_ERROR(sessions_error);
    return Answer<gate::ListGatewaySessionsResponse>(
        "ListGatewaySessions", request,
        [&](auto& response) { response = sessions; });
  }
  absl::StatusOr<attestation::ListTokensResponse> ListTokens(
      const attestation::ListTokensRequest& request) override {
    return Page<attestation::ListTokensResponse>("ListTokens", request, tokens,
                                                 token_page_);
  }
  absl::StatusOr<attestation::ImportMetadataResponse> ImportMetadata(
      absl::string_view blob, bool validate_only) override {
    calls_.push_back(std::string("ImportMetadata ") + std::string(blob) +
                     (validate_only ? " validate_only" : ""));
    if (!error.ok()) return error;
    return imported;
  }
  // What an import says.
  attestation::ImportMetadataResponse imported;
  absl::StatusOr<attestation::StartRecoveryResponse> StartRecovery(
      const attestation::StartRecoveryRequest& request) override {
    return Answer<attestation::StartRecoveryResponse>(
        "StartRecovery", request,
        [&](auto& response) { *response.mutable_recovery() = recovery; });
  }
  absl::StatusOr<attestation::ApproveRecoveryResponse> ApproveRecovery(
      const attestation::ApproveRecoveryRequest& request) override {
    return Answer<attestation::ApproveRecoveryResponse>(
        "ApproveRecovery", request,
        [&](auto& response) { *response.mutable_recovery() = recovery; });
  }
  absl::StatusOr<attestation::CancelRecoveryResponse> CancelRecovery(
      const attestation::CancelRecoveryRequest& request) override {
    return Answer<attestation::CancelRecoveryResponse>(
        "CancelRecovery", request,
        [&](auto& response) { *response.mutable_recovery() = recovery; });
  }
  absl::StatusOr<attestation::ListRecoveriesResponse> ListRecoveries(
      const attestation::ListRecoveriesRequest& request) override {
    return Page<attestation::ListRecoveriesResponse>(
        "ListRecoveries", request, recoveries, recovery_page_);
  }
  attestation::Recovery recovery;
  std::vector<attestation::ListRecoveriesResponse> recoveries;
  absl::StatusOr<gate::SubmitCommandResponse> SubmitCommand(
      const gate::SubmitCommandRequest& request) override {
    return Answer<gate::SubmitCommandResponse>(
        "SubmitCommand", request, [&](auto& response) {
          submitted = request;
          *response.mutable_command() = RecordOf(states.front());
        });
  }
  absl::StatusOr<gate::SubmitBatchResponse> SubmitBatch(
      const gate::SubmitBatchRequest& request) override {
    return Answer<gate::SubmitBatchResponse>(
        "SubmitBatch", request, [&](auto& response) {
          submitted_batch = request;
          *response.mutable_batch() = BatchOf(batch_changes.front());
        });
  }
  absl::StatusOr<gate::GetBatchResponse> GetBatch(
      const gate::GetBatchRequest& request) override {
    return Answer<gate::GetBatchResponse>(
        "GetBatch", request, [&](auto& response) {
          *response.mutable_batch() = BatchOf(batch_changes.front());
        });
  }
  absl::StatusOr<gate::GetCommandResponse> GetCommand(
      const gate::GetCommandRequest& request) override {
    if (error.ok() && no_command) {
      return Error(u2fi::reason::kResourceUnknown, "there is no such command");
    }
    return Answer<gate::GetCommandResponse>(
        "GetCommand", request, [&](auto& response) {
          *response.mutable_command() = RecordOf(states.back());
          response.mutable_command()->set_result(R"({"power":"on"})");
        });
  }
  absl::StatusOr<gate::CancelCommandResponse> CancelCommand(
      const gate::CancelCommandRequest& request) override {
    return Answer<gate::CancelCommandResponse>(
        "CancelCommand", request, [&](auto& response) {
          if (!batch_changes.empty()) {
            *response.mutable_batch() = BatchOf(batch_changes.back());
            return;
          }
          *response.mutable_command() = RecordOf(gate::COMMAND_STATE_CANCELLED);
        });
  }
  absl::Status WatchCommand(
      const gate::WatchCommandRequest& request, absl::Duration,
      const std::function<absl::Status(const gate::WatchCommandResponse&)>&
          on_state) override {
    Note("WatchCommand", request);
    RETURN_IF_ERROR(error);
    for (const gate::WatchCommandResponse& change : batch_changes) {
      RETURN_IF_ERROR(on_state(change));
    }
    if (!batch_changes.empty()) return absl::OkStatus();
    for (const gate::CommandState state : states) {
      gate::WatchCommandResponse response;
      *response.mutable_command() = RecordOf(state);
      RETURN_IF_ERROR(on_state(response));
    }
    return absl::OkStatus();
  }
  absl::Status WatchApprovals(
      const gate::WatchApprovalsRequest& request, absl::Duration,
      const std::function<absl::Status(const gate::WatchApprovalsResponse&)>&
          on_approval) override {
    Note("WatchApprovals", request);
    RETURN_IF_ERROR(error);
    for (const gate::PendingApproval& approval : approvals) {
      gate::WatchApprovalsResponse response;
      *response.mutable_approval() = approval;
      RETURN_IF_ERROR(on_approval(response));
    }
    return Error(reason::kDeadlineExceeded, "the time is up");
  }
  absl::Status ExportAudit(
      const audit_api::ExportAuditRequest& request,
      const std::function<absl::Status(const audit_api::AuditRecord&)>&
          on_record) override {
    Note("ExportAudit", request);
    for (const audit_api::AuditRecord& record : records) {
      RETURN_IF_ERROR(on_record(record));
    }
    return error;
  }

  gate::SubmitCommandRequest submitted;
  gate::SubmitBatchRequest submitted_batch;
  // What waits for the account.
  std::vector<gate::PendingApproval> approvals;

 private:
  void Note(const char* method, const google::protobuf::Message& request) {
    calls_.push_back(std::string(method) + " " + request.ShortDebugString());
  }

  template <typename Response, typename Fill>
  absl::StatusOr<Response> Answer(const char* method,
                                  const google::protobuf::Message& request,
                                  Fill fill, const absl::Status& own = {}) {
    Note(method, request);
    if (!error.ok()) return error;
    if (!own.ok()) return own;
    Response response;
    fill(response);
    return response;
  }

  template <typename Response>
  absl::StatusOr<Response> Page(const char* method,
                                const google::protobuf::Message& request,
                                const std::vector<Response>& pages,
                                size_t& next) {
    return Answer<Response>(method, request, [&](auto& response) {
      if (next < pages.size()) response = pages[next++];
    });
  }

  gate::BatchRecord BatchOf(const gate::WatchCommandResponse& change) const {
    gate::BatchRecord batch = change.batch();
    std::vector<proof::WordsItem> items;
    for (const gate::CommandItem& item : submitted_batch.items()) {
      items.push_back({item.device(), item.operation(), item.json()});
    }
    batch.add_words(
        proof::ComparisonWords(submitted_batch.request_id(), items));
    if (words.empty()) return batch;
    *batch.mutable_words() = {words.begin(), words.end()};
    return batch;
  }

  gate::CommandRecord RecordOf(gate::CommandState state) const {
    gate::CommandRecord record;
    record.set_name("commands/c1");
    record.set_state(state);
    record.set_operation(submitted.item().operation());
    if (state == states.back()) record.set_reason(reason);
    const proof::WordsItem item{
        submitted.item().device(), submitted.item().operation(),
        submitted.item().has_message() ? submitted.item().message()
                                       : submitted.item().json()};
    record.add_words(proof::ComparisonWords(submitted.request_id(), {item}));
    if (words.empty()) return record;
    record.clear_words();
    for (const std::string& word : words) record.add_words(word);
    return record;
  }

  std::vector<std::string> calls_;
  size_t device_page_ = 0;
  size_t gateway_page_ = 0;
  size_t recovery_page_ = 0;
  size_t token_page_ = 0;
};

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_FAKE_MESH_H_
