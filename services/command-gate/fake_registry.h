#ifndef U2FI_SERVICES_COMMAND_GATE_FAKE_REGISTRY_H_
#define U2FI_SERVICES_COMMAND_GATE_FAKE_REGISTRY_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "services/command-gate/fake_gateways.h"
#include "services/device-registry/registry_client.h"

namespace u2fi::command_gate {

// A registry with one site, `s1`, that account `ann` owns: gateway `g1`
// executes for every device, gateways `g1` and `g2` may approve. Tests change
// what it answers. Not thread-safe.
class FakeRegistry : public device_registry::RegistryClient {
 public:
  FakeRegistry() {
    rule.set_kind(proof::v1::RULE_KIND_APPROVALS);
    rule.set_approvals(1);
    rule.set_roles(proof::v1::KEY_ROLE_OWNER);
    for (const char* id : {"g1", "g2"}) {
      device_registry::v1::ResolvedGateway& gateway = gateways.emplace_back();
      gateway.set_gateway(id);
      gateway.set_site("s1");
      gateway.set_channel_key(FakeGateways::SessionOf(id).channel_key);
      gateway.set_state(device_registry::v1::GATEWAY_STATE_ACTIVE);
      gateway.set_site_owner("ann");
      proof::v1::PinnedGateway& pinned = *pins.add_gateways();
      pinned.set_id(id);
      pinned.set_site("s1");
      pinned.set_point(FakeGateways::PointOf(id));
      pinned.set_may_approve(true);
      account.add_gateways()->set_id(id);
    }
    pins.set_revision(3);
  }

  absl::StatusOr<device_registry::v1::ResolveResponse> Resolve(
      const device_registry::v1::ResolveRequest& request) override {
    ++resolved;
    last_resolve = request;
    if (!resolve_status.ok()) return resolve_status;
    device_registry::v1::ResolveResponse response;
    for (const auto& asked : request.items()) {
      device_registry::v1::ResolvedItem& item = *response.add_items();
      item.set_device(asked.device());
      item.set_operation(asked.operation());
      item.set_account("ann");
      const auto own = rules.find(asked.operation());
      *item.mutable_rule() = own == rules.end() ? rule : own->second;
      item.set_device_point(device_point);
      if (asked.device().rfind("account:", 0) == 0) continue;
      const auto site = sites.find(asked.device());
      item.set_site(site == sites.end() ? "s1" : site->second);
      item.set_gateway("g1");
      item.set_pin_set(pins.SerializeAsString());
      for (const auto& field : secret_fields) item.add_secret_fields(field);
    }
    for (const auto& gateway : gateways) *response.add_gateways() = gateway;
    *response.mutable_account() = account;
    *response.mutable_policy() = policy;
    if (!request.new_owner().empty()) *response.mutable_new_owner() = new_owner;
    return response;
  }

  absl::StatusOr<device_registry::v1::AdmitGatewayResponse> AdmitGateway(
      const device_registry::v1::AdmitGatewayRequest& request) override {
    admitted.push_back(request);
    if (!admit_status.ok()) return admit_status;
    device_registry::v1::AdmitGatewayResponse response;
    response.mutable_revocations()->set_revision(revocations);
    return response;
  }

  absl::StatusOr<device_registry::v1::ArmResponse> Arm(
      const device_registry::v1::ArmRequest& request) override {
    armed.push_back(request);
    if (!arm_status.ok()) return arm_status;
    device_registry::v1::ArmResponse response;
    *response.mutable_transaction() = Transaction("tx-1");
    return response;
  }

  absl::StatusOr<device_registry::v1::StageResponse> Stage(
      const device_registry::v1::StageRequest& request) override {
    staged.push_back(request);
    if (!stage_status.ok()) return stage_status;
    device_registry::v1::StageResponse response;
    *response.mutable_transaction() = Transaction(request.transaction());
    response.mutable_transaction()->set_state(stage_state);
    return response;
  }

  absl::StatusOr<device_registry::v1::ApplyResponse> Apply(
      const device_registry::v1::ApplyRequest& request) override {
    applied.push_back(request);
    if (!apply_status.ok()) return apply_status;
    device_registry::v1::ApplyResponse response;
    response.add_access_tokens()->set_device("cam-1");
    return response;
  }

  absl::StatusOr<device_registry::v1::OutcomeResponse> Outcome(
      const device_registry::v1::OutcomeRequest&) override {
    if (!outcome_status.ok()) return outcome_status;
    return outcome;
  }

  absl::StatusOr<device_registry::v1::ConfirmResponse> Confirm(
      const device_registry::v1::ConfirmRequest& request) override {
    confirmed.push_back(request);
    if (!confirm_status.ok()) return confirm_status;
    return confirmation;
  }

  absl::StatusOr<device_registry::v1::ReportPresenceResponse> ReportPresence(
      const device_registry::v1::ReportPresenceRequest&) override {
    return device_registry::v1::ReportPresenceResponse();
  }

  absl::StatusOr<device_registry::v1::RenewDeviceTokenResponse>
  RenewDeviceToken(
      const device_registry::v1::RenewDeviceTokenRequest& request) override {
    renewed.push_back(request);
    if (!renew_status.ok()) return renew_status;
    device_registry::v1::RenewDeviceTokenResponse response;
    response.mutable_access_token()->set_device("cam-1");
    return response;
  }

  std::unique_ptr<Watch> WatchEvents(
      std::function<void(
          const absl::optional<device_registry::v1::WatchEventsResponse>&)>)
      override {
    return nullptr;
  }

  // What it answers.
  absl::Status resolve_status, admit_status, arm_status, stage_status,
      apply_status, outcome_status, confirm_status, renew_status;
  proof::v1::Rule rule;
  // Operations with a rule of their own; devices at another site.
  std::map<std::string, proof::v1::Rule> rules;
  std::map<std::string, std::string> sites;
  std::vector<device_registry::v1::ResolvedGateway> gateways;
  device_registry::v1::Account account;
  device_registry::v1::Policy policy;
  std::vector<std::string> secret_fields;
  // What is said of it under TRANSFER.
  device_registry::v1::Account new_owner;
  device_registry::v1::ResolveRequest last_resolve;
  proof::v1::PinSet pins;
  std::string device_point;
  uint64_t revocations = 0;
  device_registry::v1::TransactionState stage_state =
      device_registry::v1::TRANSACTION_STATE_STAGED;
  device_registry::v1::OutcomeResponse outcome;
  device_registry::v1::ConfirmResponse confirmation;

  // What it was asked.
  int resolved = 0;
  std::vector<device_registry::v1::AdmitGatewayRequest> admitted;
  std::vector<device_registry::v1::ArmRequest> armed;
  std::vector<device_registry::v1::StageRequest> staged;
  std::vector<device_registry::v1::ApplyRequest> applied;
  std::vector<device_registry::v1::ConfirmRequest> confirmed;
  std::vector<device_registry::v1::RenewDeviceTokenRequest> renewed;

 private:
  static device_registry::v1::Transaction Transaction(const std::string& id) {
    device_registry::v1::Transaction transaction;
    transaction.set_name("transactions/" + id);
    device_registry::v1::TransactionDevice& device = *transaction.add_devices();
    device.set_device("cam-1");
    device.set_factory_key(std::string(65, 'f'));
    device.set_nonce(std::string(32, 'n'));
    return transaction;
  }
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_FAKE_REGISTRY_H_
