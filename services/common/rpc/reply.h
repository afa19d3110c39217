#ifndef U2FI_SERVICES_COMMON_RPC_REPLY_H_
#define U2FI_SERVICES_COMMON_RPC_REPLY_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "services/common/rpc/grpc_status.h"

namespace u2fi::rpc {

// The last line of a handler: what the core said becomes the answer.

// For the sync API.
template <typename Response>
grpc::Status Reply(absl::StatusOr<Response> result, Response* response) {
  if (result.ok()) *response = std::move(*result);
  return ToGrpcStatus(result.status());
}

// For the callback API: ends a unary call with `status`.
inline grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context,
                                        const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

// The same, with the response if there is one.
template <typename Response>
grpc::ServerUnaryReactor* Reply(grpc::CallbackServerContext* context,
                                absl::StatusOr<Response> result,
                                Response* response) {
  if (result.ok()) *response = std::move(*result);
  return Finish(context, result.status());
}

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_REPLY_H_
