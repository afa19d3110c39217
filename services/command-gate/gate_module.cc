#include "services/command-gate/gate_module.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "services/command-gate/gateway_drain.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {
namespace {

constexpr absl::Duration kSweepEvery = absl::Seconds(1);

// Tenants to sweep: those that decided something here, and those whose
// gateways are connected (after a restart they come first).
std::vector<std::string> TenantsOf(const audit::TenantDeciders& deciders,
                                   const GatewaySessions& sessions) {
  const std::vector<std::string> active = deciders.Tenants();
  std::set<std::string> tenants(active.begin(), active.end());
  for (const GatewaySession& session : sessions.List()) {
    tenants.insert(session.tenant);
  }
  return {tenants.begin(), tenants.end()};
}

}  // namespace

GateModule::GateModule(const GateParts& parts)
    : parts_(parts),
      metrics_(parts.metrics),
      executor_(parts.threads),
      deciders_(parts.store, parts.clock, parts.random, executor_,
                "command-gate"),
      commands_(parts.store),
      cooldowns_(parts.store, parts.cooldown),
      mover_(parts.clock, parts.random, deciders_, commands_, watchers_,
             cooldowns_, metrics_),
      sessions_(parts.clock, parts.presence_grace),
      preparation_(parts.attestation, parts.challenge, parts.registry, mover_,
                   sessions_),
      approvals_(parts.clock, parts.attestation, parts.challenge,
                 parts.registry, commands_, mover_, sessions_),
      dispatcher_(parts.clock, parts.attestation, parts.registry, commands_,
                  mover_, sessions_),
      flow_(parts.clock, commands_, mover_, preparation_, approvals_,
            dispatcher_, parts.registry, sessions_),
      approvers_(parts.clock, parts.attestation, sessions_, parts.approvers),
      quotas_(parts.quotas, metrics_),
      submitter_(parts.clock, parts.registry, commands_, mover_, sessions_,
                 cooldowns_, approvers_, quotas_),
      service_(submitter_, commands_, flow_, executor_, parts.login),
      session_list_(sessions_, commands_),
      sweeper_(parts.clock, commands_, flow_,
               [this] { return TenantsOf(deciders_, sessions_); }),
      gate_server_(service_, session_list_, watchers_, executor_),
      link_server_(GatewayLinkServer::Parts{parts.clock, parts.registry,
                                            sessions_, flow_, executor_,
                                            parts.heartbeat_interval}),
      webhooks_({parts.clock, parts.random, commands_, watchers_, metrics_},
                parts.webhooks),
      registry_watch_(parts.registry.WatchEvents(
          [this](const absl::optional<device_registry::v1::WatchEventsResponse>&
                     event) { OnRegistryEvent(event); })),
      sweeping_([this] { SweepUntilStopped(); }) {}

GateModule::~GateModule() {
  registry_watch_.reset();
  {
    MutexLock lock(mutex_);
    stop_ = true;
    stop_changed_.NotifyAll();
  }
  sweeping_.join();
}

void GateModule::Drain(absl::Time deadline) {
  DrainGateways(sessions_, parts_.clock, parts_.random, deadline);
}

void GateModule::SweepUntilStopped() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!stop_) stop_changed_.WaitFor(mutex_, kSweepEvery);
      if (stop_) return;
    }
    sweeper_.Sweep();
  }
}

void GateModule::OnRegistryEvent(
    const absl::optional<device_registry::v1::WatchEventsResponse>& event) {
  if (!event.has_value()) return;
  if (event->kind() == device_registry::v1::EVENT_KIND_REVOCATIONS) {
    gateway::v1::MeshMessage message;
    *message.mutable_revocations() = event->revocations();
    sessions_.SendToTenant(event->tenant(), message);
  }
  absl::string_view gateway = event->resource();
  if (event->kind() == device_registry::v1::EVENT_KIND_GATEWAY &&
      event->state() != "ACTIVE" &&
      absl::ConsumePrefix(&gateway, "gateways/")) {
    sessions_.Expel(
        event->tenant(), gateway,
        Error(reason::kGatewayNotActive, "the gateway is not active any more"));
  }
}

}  // namespace u2fi::command_gate
