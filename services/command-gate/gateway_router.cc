#include "services/command-gate/gateway_router.h"

#include <string>
#include <utility>

#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

absl::Status Offline(absl::string_view gateway) {
  return WithRetry(
      Error(reason::kGatewayOffline, "the gateway is not connected",
            {{"gateway", std::string(gateway)}}),
      absl::Seconds(5));
}

// The other replica has the stream, and answered for it.
bool IsAnswer(const absl::Status& status) {
  return status.ok() || IsReason(status, reason::kGatewayLimit) ||
         absl::IsInvalidArgument(status);
}

// Whether it says that the stream is not there.
bool IsElsewhere(const absl::Status& status) {
  return IsReason(status, reason::kGatewayOffline) ||
         IsReason(status, reason::kStreamStale) ||
         IsReason(status, reason::kDraining);
}

const char* OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "ok";
  if (IsAnswer(status)) return "refused";
  return IsElsewhere(status) ? "stale" : "unreachable";
}

}  // namespace

absl::StatusOr<absl::optional<GatewaySession>> GatewayRouter::Find(
    absl::string_view tenant, absl::string_view gateway) {
  absl::optional<GatewaySession> here =
      parts_.sessions.FindHere(tenant, gateway);
  if (here.has_value()) return {std::move(here)};
  ASSIGN_OR_RETURN(const absl::optional<DirectoryEntry> found,
                   Look(tenant, gateway));
  if (!found.has_value() ||
      !found->IsPresent(parts_.clock.Now(), parts_.presence_grace)) {
    return {absl::nullopt};
  }
  return absl::make_optional(found->session);
}

OwnerCache::Answer GatewayRouter::Look(absl::string_view tenant,
                                       absl::string_view gateway) {
  parts_.others.Listen(tenant);
  return parts_.owners.Find(tenant, gateway);
}

absl::StatusOr<absl::optional<DirectoryEntry>> GatewayRouter::OwnerOf(
    absl::string_view tenant, absl::string_view gateway) {
  ASSIGN_OR_RETURN(absl::optional<DirectoryEntry> found, Look(tenant, gateway));
  if (found.has_value() &&
      (found->replica.empty() || parts_.clock.Now() >= found->lease_end)) {
    found.reset();
  }
  return found;
}

absl::Status GatewayRouter::Send(absl::string_view tenant,
                                 absl::string_view gateway,
                                 gateway::v1::MeshMessage message) {
  if (parts_.sessions.Holds(tenant, gateway)) {
    return parts_.sessions.Send(tenant, gateway, std::move(message));
  }
  ASSIGN_OR_RETURN(const absl::optional<DirectoryEntry> owner,
                   OwnerOf(tenant, gateway));
  if (!owner.has_value()) return Offline(gateway);
  v1::ForwardRequest request;
  request.set_tenant(std::string(tenant));
  request.set_gateway(std::string(gateway));
  request.mutable_message()->Swap(&message);
  const absl::Status sent = Forward(*owner, request);
  return IsAnswer(sent) ? sent : SendAgain(*owner, request, sent);
}

absl::Status GatewayRouter::Forward(const DirectoryEntry& owner,
                                    v1::ForwardRequest& request) {
  request.set_generation(owner.session.generation);
  absl::Status sent = parts_.link.Forward(owner.address, request);
  parts_.metrics.CountForward(OutcomeOf(sent));
  return sent;
}

absl::Status GatewayRouter::SendAgain(const DirectoryEntry& former,
                                      v1::ForwardRequest& request,
                                      const absl::Status& failed) {
  if (!IsElsewhere(failed)) {
    logging::Warning("a replica does not answer",
                     {{"address", former.address},
                      {"gateway", request.gateway()},
                      {"reason", ReasonOf(failed)},
                      {"cause", std::string(failed.message())}});
  }
  parts_.owners.Forget(request.tenant(), request.gateway());
  if (parts_.sessions.Holds(request.tenant(), request.gateway())) {
    return parts_.sessions.Send(request.tenant(), request.gateway(),
                                std::move(*request.mutable_message()));
  }
  ASSIGN_OR_RETURN(const absl::optional<DirectoryEntry> owner,
                   OwnerOf(request.tenant(), request.gateway()));
  if (!owner.has_value() ||
      owner->session.generation == former.session.generation) {
    return Offline(request.gateway());
  }
  const absl::Status sent = Forward(*owner, request);
  return IsAnswer(sent) ? sent : Offline(request.gateway());
}

}  // namespace u2fi::command_gate
