#include "services/command-gate/gate_replica.h"

#include <utility>

#include "absl/types/optional.h"

namespace u2fi::command_gate {

GateReplica::GateReplica(const Parts& parts, Hooks hooks)
    : parts_(parts),
      hooks_(std::move(hooks)),
      directory_(parts.clock, parts.store, parts.options),
      owners_(parts.clock, directory_),
      hints_(parts.clock, parts.store, parts.executor, parts.options.replica,
             {hooks_.command,
              [this](const std::string& tenant, const std::string& gateway,
                     uint64_t generation) {
                OnMoved(tenant, gateway, generation);
              },
              [this](const std::string& tenant) { OnMissed(tenant); }}),
      keeper_(parts.clock, directory_,
              {[this](const GatewaySession& session) {
                 hints_.Listen(session.tenant);
                 owners_.Forget(session.tenant, session.gateway);
                 hints_.TellMoved(session);
               },
               [this](const GatewaySession& session) {
                 OnMoved(session.tenant, session.gateway,
                         session.generation + 1);
               }}),
      router_({parts.clock, parts.sessions, owners_, hints_, parts.link,
               parts.metrics, parts.presence_grace}) {}

void GateReplica::Keep() {
  keeper_.Keep();
  for (const std::string& tenant : hints_.Tenants()) hints_.Listen(tenant);
}

void GateReplica::Stop() {
  keeper_.Keep();
  hints_.Stop();
}

void GateReplica::OnMoved(const std::string& tenant, const std::string& gateway,
                          uint64_t generation) {
  owners_.Forget(tenant, gateway);
  const absl::optional<GatewaySession> used =
      parts_.sessions.CloseOlder(tenant, gateway, generation);
  if (used.has_value()) hooks_.moved_away(*used);
}

void GateReplica::OnMissed(const std::string& tenant) {
  owners_.ForgetTenant(tenant);
  keeper_.CheckAll(tenant);
  hooks_.missed(tenant);
}

}  // namespace u2fi::command_gate
