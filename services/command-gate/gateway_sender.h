#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_SENDER_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_SENDER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "u2fi/gateway/v1/link.pb.h"

namespace u2fi::command_gate {

// A gateway's stream as the core sees it.
struct GatewaySession {
  std::string tenant;
  std::string site;
  std::string gateway;
  // 32 bytes: SHA-256 of the SPKI of the stream's certificate.
  std::string channel_key;
  // Number of the stream; the newest of a gateway wins.
  uint64_t generation = 0;
  // When it was opened, and what the agent says its version is.
  absl::Time open_time;
  std::string agent_version;
  // It takes ExecuteBatch.
  bool takes_batches = false;
};

// The way down to the gateways. Thread-safe; may block on the store and on
// another replica, which holds the stream.
class GatewaySender {
 public:
  virtual ~GatewaySender() = default;

  // The gateway's present stream, here or at another replica; nothing if it
  // has none (a gateway between two streams counts as present for 5 s). Errors
  // of the store: nobody knows.
  virtual absl::StatusOr<absl::optional<GatewaySession>> Find(
      absl::string_view tenant, absl::string_view gateway) = 0;

  // Queues `message` on the gateway's stream. GATEWAY_OFFLINE if it has none,
  // GATEWAY_LIMIT if the queue is full. OK is no promise that it arrives.
  virtual absl::Status Send(absl::string_view tenant, absl::string_view gateway,
                            gateway::v1::MeshMessage message) = 0;
};

// What comes up. Called on a thread that may block, in the order of arrival
// per stream.
class GatewayEvents {
 public:
  virtual ~GatewayEvents() = default;

  // A stream opened and was welcomed: whatever waits for this gateway is sent
  // again.
  virtual void OnConnected(const GatewaySession& session,
                           const gateway::v1::Hello& hello) = 0;

  // A message other than Hello and Heartbeat.
  virtual void OnMessage(const GatewaySession& session,
                         const gateway::v1::GatewayMessage& message) = 0;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_SENDER_H_
