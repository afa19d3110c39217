#ifndef U2FI_SERVICES_COMMAND_GATE_STREAM_CLAIMS_H_
#define U2FI_SERVICES_COMMAND_GATE_STREAM_CLAIMS_H_

#include "absl/status/statusor.h"
#include "services/command-gate/gateway_sender.h"

namespace u2fi::command_gate {

// Makes streams this replica's, where there are others. Thread-safe.
class StreamClaims {
 public:
  virtual ~StreamClaims() = default;

  // A stream that is about to be welcomed: it comes back with its generation.
  // From then on others send here. Blocks; errors of the store.
  virtual absl::StatusOr<GatewaySession> Claim(GatewaySession session) = 0;

  // A heartbeat came on it. Never blocks.
  virtual void Heard(const GatewaySession& session) = 0;

  // A claimed stream has ended. Never blocks.
  virtual void Gone(const GatewaySession& session) = 0;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_STREAM_CLAIMS_H_
