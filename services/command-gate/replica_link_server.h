#ifndef U2FI_SERVICES_COMMAND_GATE_REPLICA_LINK_SERVER_H_
#define U2FI_SERVICES_COMMAND_GATE_REPLICA_LINK_SERVER_H_

#include "services/command-gate/gateway_sessions.h"
#include "u2fi/command_gate/v1/replica.grpc.pb.h"

namespace u2fi::command_gate {

// Puts what other replicas hand over on the streams of this one, and never
// anywhere else. For rpc::Server::ListenToReplicas() only. `sessions` must
// outlive this object and the server that it is registered on.
class ReplicaLinkServer : public v1::ReplicaLink::CallbackService {
 public:
  explicit ReplicaLinkServer(GatewaySessions& sessions) : sessions_(sessions) {}

  grpc::ServerUnaryReactor* Forward(grpc::CallbackServerContext* context,
                                    const v1::ForwardRequest* request,
                                    v1::ForwardResponse* response) override;

 private:
  GatewaySessions& sessions_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_REPLICA_LINK_SERVER_H_
