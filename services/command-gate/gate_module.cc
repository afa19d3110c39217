#include "services/command-gate/gate_module.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/strip.h"
#include "services/command-gate/gateway_drain.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {
namespace {

constexpr absl::Duration kSweepEvery = absl::Seconds(1);

// A stream without so many heartbeats one after the other is closed; not for a
// hiccup where they come every second.
constexpr int kHeartbeatsMissed = 3;
constexpr absl::Duration kLeastSilence = absl::Seconds(30);

// Tenants to sweep: those that decided something here, those whose gateways
// are connected (after a restart they come first), and those of which other
// replicas are heard: one of them may be gone.
std::vector<std::string> TenantsOf(const audit::TenantDeciders& deciders,
                                   const GatewaySessions& sessions,
                                   GateReplica* replica) {
  const std::vector<std::string> active = deciders.Tenants();
  std::set<std::string> tenants(active.begin(), active.end());
  if (replica != nullptr) {
    for (std::string& tenant : replica->hints().Tenants()) {
      tenants.insert(std::move(tenant));
    }
  }
  for (const GatewaySession& session : sessions.List()) {
    tenants.insert(session.tenant);
  }
  return {tenants.begin(), tenants.end()};
}

}  // namespace

GateModule::GateModule(const GateParts& parts)
    : parts_(parts),
      metrics_(parts.metrics),
      executor_(std::make_unique<audit::ThreadExecutor>(parts.threads)),
      lost_(IsAboutCommand),
      deciders_(parts.store, parts.clock, parts.random, *executor_,
                "command-gate", lost_.Hook()),
      commands_(parts.store, parts.open_per_account),
      sessions_(parts.clock, parts.presence_grace),
      replica_(MakeReplica()),
      gateways_(replica_ == nullptr
                    ? static_cast<GatewaySender&>(sessions_)
                    : static_cast<GatewaySender&>(replica_->router())),
      watchers_(replica_ == nullptr ? nullptr : &replica_->hints()),
      cooldowns_(parts.store, parts.cooldown),
      mover_(parts.clock, parts.random, deciders_, commands_, watchers_,
             cooldowns_, metrics_),
      preparation_(parts.attestation, parts.challenge, parts.registry, mover_,
                   gateways_),
      approvals_(parts.clock, parts.attestation, parts.challenge,
                 parts.registry, commands_, mover_, gateways_),
      dispatcher_(parts.clock, parts.attestation, parts.registry, commands_,
                  mover_, gateways_),
      flow_(parts.clock, commands_, mover_, preparation_, approvals_,
            dispatcher_, parts.registry, gateways_),
      lost_touches_(commands_, approvals_, flow_, lost_),
      approvers_(parts.clock, parts.attestation, gateways_, parts.approvers),
      quotas_(parts.quotas, metrics_),
      submitter_(parts.clock, parts.registry, commands_, mover_, gateways_,
                 cooldowns_, approvers_, quotas_),
      service_(submitter_, commands_, flow_, *executor_, parts.login),
      session_list_(parts.clock, sessions_, commands_,
                    replica_ == nullptr ? nullptr : &replica_->directory()),
      sweeper_(
          parts.clock, commands_, flow_,
          [this] { return TenantsOf(deciders_, sessions_, replica_.get()); }),
      gate_server_(service_, session_list_, watchers_, *executor_),
      journals_(parts.clock, parts.store, metrics_),
      link_server_(GatewayLinkServer::Parts{
          parts.clock, parts.registry, sessions_, flow_, *executor_,
          parts.heartbeat_interval,
          replica_ == nullptr ? nullptr : &replica_->keeper(), &journals_}),
      replica_server_(sessions_),
      webhooks_({parts.clock, parts.random, commands_, watchers_, metrics_},
                parts.webhooks),
      registry_watch_(parts.registry.WatchEvents(
          [this](const absl::optional<device_registry::v1::WatchEventsResponse>&
                     event) { OnRegistryEvent(event); })),
      sweeping_([this] { SweepUntilStopped(); }) {
  if (replica_ == nullptr) return;
  keeping_ = std::thread([this] { KeepUntilStopped(); });
}

GateModule::~GateModule() {
  registry_watch_.reset();
  {
    MutexLock lock(mutex_);
    stop_ = true;
    stop_changed_.NotifyAll();
  }
  sweeping_.join();
  if (replica_ != nullptr) {
    keeping_.join();
    replica_->Stop();
  }
  // What is scheduled still refers to the others.
  executor_.reset();
}

std::unique_ptr<GateReplica> GateModule::MakeReplica() {
  if (parts_.replicas == nullptr) return nullptr;
  GateReplica::Hooks hooks;
  hooks.moved_away = [this](const GatewaySession& session) {
    flow_.SendAgain(session);
  };
  hooks.missed = [this](const std::string& tenant) {
    watchers_.ReadAgain(tenant);
  };
  hooks.command = [this](const std::string& tenant,
                         const records::v1::CommandHint& hint) {
    if (!watchers_.IsAwaited(tenant, hint)) return;
    const absl::StatusOr<StoredCommand> command =
        commands_.Read(tenant, hint.command_id());
    if (command.ok() && command->exists()) watchers_.Hear(*command);
  };
  return std::make_unique<GateReplica>(
      GateReplica::Parts{parts_.clock, parts_.store, *executor_, sessions_,
                         *parts_.replicas, metrics_, parts_.presence_grace,
                         parts_.replica},
      std::move(hooks));
}

void GateModule::Drain(absl::Time deadline) {
  DrainGateways(sessions_, parts_.clock, parts_.random, deadline);
}

bool GateModule::WaitASecond() {
  MutexLock lock(mutex_);
  if (!stop_) stop_changed_.WaitFor(mutex_, kSweepEvery);
  return !stop_;
}

void GateModule::SweepUntilStopped() {
  while (WaitASecond()) {
    const absl::Status taken = lost_touches_.Apply();
    if (!taken.ok()) {
      logging::Warning("what a failover made the store forget waits",
                       {{"cause", taken.ToString()}});
    }
    sweeper_.Sweep();
    sessions_.CloseSilent(
        std::max(kHeartbeatsMissed * parts_.heartbeat_interval, kLeastSilence));
  }
}

void GateModule::KeepUntilStopped() {
  while (WaitASecond()) replica_->Keep();
}

void GateModule::OnRegistryEvent(
    const absl::optional<device_registry::v1::WatchEventsResponse>& event) {
  if (!event.has_value()) {
    sessions_.Doubt();
    return;
  }
  if (event->kind() == device_registry::v1::EVENT_KIND_REVOCATIONS) {
    gateway::v1::MeshMessage message;
    *message.mutable_revocations() = event->revocations();
    sessions_.SendToTenant(event->tenant(), message);
  }
  absl::string_view gateway = event->resource();
  if (event->kind() != device_registry::v1::EVENT_KIND_GATEWAY ||
      !absl::ConsumePrefix(&gateway, "gateways/")) {
    return;
  }
  if (event->reason() == reason::kGatewayKeyMismatch.name) {
    sessions_.Expel(
        event->tenant(), gateway,
        Error(reason::kGatewayKeyMismatch, "the gateway has another key now"));
  } else if (event->state() != "ACTIVE") {
    sessions_.Expel(
        event->tenant(), gateway,
        Error(reason::kGatewayNotActive, "the gateway is not active any more"));
  }
}

}  // namespace u2fi::command_gate
