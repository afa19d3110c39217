#ifndef U2FI_SERVICES_COMMAND_GATE_FAKE_GATEWAYS_H_
#define U2FI_SERVICES_COMMAND_GATE_FAKE_GATEWAYS_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/command-gate/gateway_sender.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/assertion.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {

// Gateways `g1` and `g2` of site `s1` in tenant `t1`: notes what is sent to
// those that are online. Not thread-safe.
class FakeGateways : public GatewaySender {
 public:
  struct Sent {
    std::string gateway;
    gateway::v1::MeshMessage message;
  };

  // The 65 bytes of its identity key.
  static std::string PointOf(const std::string& gateway) {
    return '\x04' + gateway + std::string(64 - gateway.size(), 'k');
  }

  // The stream of `gateway`, with the key that the registry knows.
  static GatewaySession SessionOf(const std::string& gateway) {
    GatewaySession session;
    session.tenant = "t1";
    session.site = "s1";
    session.gateway = gateway;
    session.channel_key =
        crypto::ToString(proof::ChannelKeyOf(PointOf(gateway)));
    session.generation = 1;
    session.takes_batches = true;
    return session;
  }

  absl::StatusOr<absl::optional<GatewaySession>> Find(
      absl::string_view tenant, absl::string_view gateway) override {
    RETURN_IF_ERROR(status);
    if (tenant != "t1" || online.count(std::string(gateway)) == 0) {
      return {absl::nullopt};
    }
    GatewaySession session = SessionOf(std::string(gateway));
    session.takes_batches = take_batches;
    return absl::make_optional(std::move(session));
  }

  absl::Status Send(absl::string_view tenant, absl::string_view gateway,
                    gateway::v1::MeshMessage message) override {
    ASSIGN_OR_RETURN(const auto found, Find(tenant, gateway));
    if (!found.has_value()) {
      return Error(reason::kGatewayOffline, "the gateway is not connected");
    }
    sent.push_back({std::string(gateway), std::move(message)});
    return absl::OkStatus();
  }

  // Those of the messages sent that are of this kind.
  std::vector<gateway::v1::MeshMessage> Of(
      gateway::v1::MeshMessage::BodyCase kind) const {
    std::vector<gateway::v1::MeshMessage> found;
    for (const Sent& one : sent) {
      if (one.message.body_case() == kind) found.push_back(one.message);
    }
    return found;
  }

  std::set<std::string> online = {"g1", "g2"};
  // Their agents know ExecuteBatch.
  bool take_batches = true;
  // If not OK: nobody knows where they are.
  absl::Status status;
  std::vector<Sent> sent;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_FAKE_GATEWAYS_H_
