#ifndef U2FI_SERVICES_COMMON_RPC_GRPC_LOG_H_
#define U2FI_SERVICES_COMMON_RPC_GRPC_LOG_H_

namespace u2fi::rpc {

// From now on what gRPC itself has to say goes to our log, as warnings (its
// errors) and debug lines (all else), so that stderr stays one JSON object a
// line. May be called again.
void SendGrpcLogToOurs();

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_GRPC_LOG_H_
