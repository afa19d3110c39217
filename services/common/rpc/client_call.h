#ifndef U2FI_SERVICES_COMMON_RPC_CLIENT_CALL_H_
#define U2FI_SERVICES_COMMON_RPC_CLIENT_CALL_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {

// One unary call of a service's client class: it ends by `deadline` from now
// (PrepareCall), and an error keeps its reason. Nobody cancels it here: if it
// was, the other side stops, and the call may go well elsewhere or later
// (PEER_UNAVAILABLE); it may also have been done.
//   return rpc::Call(*stub_, deadline_, request, &Stub::Resolve);
template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, absl::Duration deadline,
                              const Request& request,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*)) {
  grpc::ClientContext context;
  PrepareCall(context, deadline);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (status.ok()) return response;
  absl::Status error = FromGrpcStatus(status);
  if (!IsReason(error, reason::kCancelled)) return error;
  return WithRetry(Error(reason::kPeerUnavailable, "the other side stops"),
                   absl::Seconds(1));
}

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_CLIENT_CALL_H_
