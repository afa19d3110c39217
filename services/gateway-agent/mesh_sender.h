#ifndef U2FI_SERVICES_GATEWAY_AGENT_MESH_SENDER_H_
#define U2FI_SERVICES_GATEWAY_AGENT_MESH_SENDER_H_

#include "u2fi/gateway/v1/link.pb.h"

namespace u2fi::gateway_agent {

// The way up to the mesh. Thread-safe; never blocks.
class MeshSender {
 public:
  virtual ~MeshSender() = default;

  // Queues `message` on the present stream. Without a stream it is dropped:
  // what must arrive is sent again by its owner after OnConnected(), until the
  // mesh has acknowledged its message_id.
  virtual void Send(gateway::v1::GatewayMessage message) = 0;
};

// What comes down. The methods are called one at a time and in order, on a
// thread of gRPC; they hand long work to a thread of their own.
class MeshHandler {
 public:
  virtual ~MeshHandler() = default;

  // A stream is open: whatever is kept goes up again.
  virtual void OnConnected(const gateway::v1::Welcome& welcome) = 0;

  // Any message but Welcome and Drain. True if it was for this handler.
  virtual bool OnMessage(const gateway::v1::MeshMessage& message) = 0;

  // More waits than may: the link leaves the stream and comes back later, when
  // the mesh says again what was not answered. Thread-safe.
  virtual bool Overloaded() const { return false; }
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_MESH_SENDER_H_
