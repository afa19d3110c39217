#include "services/standalone/standalone_module.h"

#include <string>
#include <utility>

#include "services/challenge/challenge_settings.h"
#include "services/command-gate/gate_settings.h"
#include "services/common/config/checks.h"
#include "services/common/rpc/in_process_caller.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/open_store.h"
#include "services/device-registry/registry_settings.h"

namespace u2fi::standalone {

using config::v1::StandaloneConfig;

absl::Status Validate(const StandaloneConfig& config) {
  config::Checks checks;
  config::CheckListen("listen", config.listen(), checks);
  config::CheckTls("tls", config.tls(), checks);
  config::CheckStore("store", config.store(), checks);
  config::CheckAudit("audit", config.audit(), checks);
  config::CheckLog("log", config.log(), checks);
  config::CheckMetrics("metrics", config.metrics(), checks);
  challenge::CheckSettings("challenge", config.challenge(), checks);
  config::CheckRelyingParty("attestation.relying_party",
                            config.attestation().relying_party(), checks);
  device_registry::CheckSettings("device_registry", config.device_registry(),
                                 checks);
  command_gate::CheckSettings("command_gate", config.command_gate(), checks);
  checks.Require(config.attestation().relying_party().rp_id() ==
                     config.device_registry().relying_party().rp_id(),
                 "device_registry.relying_party.rp_id",
                 "must be that of attestation");
  return checks.Result();
}

absl::StatusOr<std::unique_ptr<StandaloneModule>> StandaloneModule::Start(
    const StandaloneConfig& config, store::Store& store, const Clock& clock,
    RandomSource& random, metrics::Registry* metrics) {
  RETURN_IF_ERROR(store::RequireFixedSetting(
      store, "rp_id", config.attestation().relying_party().rp_id()));
  std::unique_ptr<StandaloneModule> module(
      new StandaloneModule(config, store, clock, random, metrics));
  RETURN_IF_ERROR(module->StartRegistry(config));
  RETURN_IF_ERROR(module->StartAttestation(config));
  RETURN_IF_ERROR(module->StartGate(config));
  return module;
}

StandaloneModule::StandaloneModule(const StandaloneConfig& config,
                                   store::Store& store, const Clock& clock,
                                   RandomSource& random,
                                   metrics::Registry* metrics)
    : store_(store),
      clock_(clock),
      random_(random),
      metrics_(metrics),
      challenge_(clock, random, store,
                 challenge::RememberFrom(config.challenge())),
      challenge_client_(challenge_) {}

absl::Status StandaloneModule::StartAttestation(
    const StandaloneConfig& config) {
  ASSIGN_OR_RETURN(
      rpc::Caller caller,
      rpc::InProcessCaller(config.tls().trust_domain(), "attestation"));
  words_client_ = std::make_unique<device_registry::TokenWordsLocalClient>(
      registry_->core(), std::move(caller));
  attestation::ModuleParts parts{clock_, random_, store_, challenge_client_,
                                 config.attestation()};
  parts.registry = words_client_.get();
  parts.metrics = metrics_;
  ASSIGN_OR_RETURN(attestation_, attestation::AttestationModule::Make(parts));
  attestation_client_ = std::make_unique<attestation::AttestationLocalClient>(
      attestation_->core());
  return attestation_->Start();
}

absl::Status StandaloneModule::StartRegistry(const StandaloneConfig& config) {
  const auto& settings = config.device_registry();
  ASSIGN_OR_RETURN(device_registry::DeviceTokens::Options tokens,
                   device_registry::TokenOptionsFrom(settings.device_token()));
  device_registry::RegistryParts parts{clock_, random_, store_,
                                       settings.relying_party().rp_id(),
                                       std::move(tokens)};
  parts.origins = {settings.relying_party().origins().begin(),
                   settings.relying_party().origins().end()};
  registry_ = std::make_unique<device_registry::RegistryModule>(parts);
  ASSIGN_OR_RETURN(
      rpc::Caller gate,
      rpc::InProcessCaller(config.tls().trust_domain(), "command-gate"));
  registry_client_ = std::make_unique<device_registry::RegistryLocalClient>(
      registry_->core(), std::move(gate));
  return registry_->Start();
}

absl::Status StandaloneModule::StartGate(const StandaloneConfig& config) {
  command_gate::GateParts parts{
      clock_,
      random_,
      store_,
      *attestation_client_,
      challenge_client_,
      *registry_client_,
      command_gate::HeartbeatFrom(config.command_gate()),
      command_gate::PresenceGraceFrom(config.command_gate())};
  parts.cooldown = command_gate::CooldownFrom(config.command_gate());
  ASSIGN_OR_RETURN(login_,
                   command_gate::LoginFrom(config.command_gate(), clock_));
  parts.login = login_.get();
  parts.metrics = metrics_;
  parts.approvers = command_gate::ApproversFrom(config.command_gate());
  parts.quotas = command_gate::QuotasFrom(config.command_gate());
  parts.open_per_account =
      command_gate::OpenPerAccountFrom(config.command_gate());
  parts.webhooks = command_gate::WebhooksFrom(config.command_gate());
  gate_ = std::make_unique<command_gate::GateModule>(parts);
  return absl::OkStatus();
}

rpc::ServiceList StandaloneModule::services() {
  rpc::ServiceList services;
  services.Add<command_gate::v1::CommandGate>(gate_->gate_server());
  services.Add<gateway::v1::GatewayLink>(gate_->link_server());
  services.Add<device_registry::v1::DeviceRegistry>(registry_->server());
  services.Add<attestation::v1::Attestation>(attestation_->server());
  return services;
}

}  // namespace u2fi::standalone
