#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_MODULE_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_MODULE_H_

#include <atomic>
#include <memory>
#include <thread>

#include "absl/time/time.h"
#include "services/attestation/attestation_client.h"
#include "services/challenge/challenge_client.h"
#include "services/command-gate/account_login.h"
#include "services/command-gate/gate_replica.h"
#include "services/command-gate/gate_server.h"
#include "services/command-gate/gateway_journals.h"
#include "services/command-gate/gateway_link_server.h"
#include "services/command-gate/lost_touches.h"
#include "services/command-gate/replica_link_server.h"
#include "services/command-gate/sweeper.h"
#include "services/command-gate/webhooks.h"
#include "services/common/audit/lost_rows.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "services/device-registry/registry_client.h"

namespace u2fi::command_gate {

// What the gate is made from. All must outlive the module.
struct GateParts {
  const Clock& clock;
  RandomSource& random;
  store::Store& store;
  attestation::AttestationClient& attestation;
  challenge::ChallengeClient& challenge;
  device_registry::RegistryClient& registry;
  absl::Duration heartbeat_interval = absl::Seconds(30);
  absl::Duration presence_grace = absl::Seconds(5);
  // Threads that work on commands; each blocks on the store and other services.
  int threads = 16;
  // How refusals are held against requesters.
  Cooldowns::Options cooldown = {};
  // The login of accounts; nullptr if no tenant has an OIDC issuer.
  AccountLogin* login = nullptr;
  // Whose touches count in a quorum.
  Approvers::Options approvers = {};
  // How much may be asked for in a minute.
  Quotas::Options quotas = {};
  // Questions that an account may have open, 1 to kMaxOpenPerAccount.
  int open_per_account = kMaxOpenPerAccount;
  // Who is told of what waits.
  Webhooks::Options webhooks = {};
  // Where it counts; in a registry of its own without.
  metrics::Registry* metrics = nullptr;
  // The way to the other replicas, and who this one is to them; nullptr: it is
  // the only one.
  ReplicaLink* replicas = nullptr;
  GatewayDirectory::Options replica = {};
};

// The gate, built and running: its own binary and standalone register its two
// services on their servers. Stops its sweeper when it goes; the servers must
// have been shut down before.
class GateModule {
 public:
  explicit GateModule(const GateParts& parts);
  ~GateModule();

  // The two services, for rpc::ServiceList.
  GateServer& gate_server() { return gate_server_; }
  GatewayLinkServer& link_server() { return link_server_; }
  // A third, for the private listener: rpc::Server::ListenToReplicas().
  ReplicaLinkServer& replica_server() { return replica_server_; }

  // Sends the gateways away before the servers stop (DrainGateways).
  void Drain(absl::Time deadline);

  GatewaySessions& sessions() { return sessions_; }
  audit::TenantDeciders& deciders() { return deciders_; }

 private:
  void SweepUntilStopped();
  void KeepUntilStopped();
  // False when it is time to stop.
  bool WaitASecond();
  // What other replicas cause here; nothing if there are none.
  std::unique_ptr<GateReplica> MakeReplica();
  void OnRegistryEvent(
      const absl::optional<device_registry::v1::WatchEventsResponse>& event);

  const GateParts parts_;
  GateMetrics metrics_;
  std::unique_ptr<audit::ThreadExecutor> executor_;
  // What failovers made the store forget.
  audit::LostRows lost_;
  audit::TenantDeciders deciders_;
  CommandStore commands_;
  GatewaySessions sessions_;
  const std::unique_ptr<GateReplica> replica_;
  // The way down: the own sessions, or also those of other replicas.
  GatewaySender& gateways_;
  CommandWatchers watchers_;
  Cooldowns cooldowns_;
  CommandMover mover_;
  Preparation preparation_;
  Approvals approvals_;
  Dispatcher dispatcher_;
  GateFlow flow_;
  LostTouches lost_touches_;
  Approvers approvers_;
  Quotas quotas_;
  Submitter submitter_;
  GateService service_;
  SessionList session_list_;
  Sweeper sweeper_;
  GateServer gate_server_;
  GatewayJournals journals_;
  GatewayLinkServer link_server_;
  ReplicaLinkServer replica_server_;
  Webhooks webhooks_;
  std::unique_ptr<device_registry::RegistryClient::Watch> registry_watch_;
  Mutex mutex_;
  CondVar stop_changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread sweeping_;
  // Only where there are other replicas.
  std::thread keeping_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_MODULE_H_
