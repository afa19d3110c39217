#ifndef U2FI_SERVICES_COMMON_RPC_RUN_UNARY_H_
#define U2FI_SERVICES_COMMON_RPC_RUN_UNARY_H_

#include <utility>

#include "absl/status/statusor.h"
#include "grpcpp/server_context.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/reply.h"
#include "services/common/rpc/served_call.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {

// A unary handler of the callback API whose core may block: runs
// `core(caller)`, which gives an absl::StatusOr<Response>, on `executor` and
// answers with what it says. The request that `core` refers to lives until the
// answer, and so must all else it refers to. A call without a caller is
// refused before that, and one whose client has gone, or whose deadline has
// passed, while it waited for the executor does not run.
template <typename Executor, typename Response, typename Core>
grpc::ServerUnaryReactor* RunUnary(Executor& executor,
                                   grpc::CallbackServerContext* context,
                                   Response* response, Core core) {
  absl::StatusOr<Caller> caller = CallerOf(*context);
  if (!caller.ok()) return Finish(context, caller.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  executor.Schedule([reactor, context, response, call = *CurrentCall(),
                     core = std::move(core)] {
    if (context->IsCancelled()) {
      reactor->Finish(ToGrpcStatus(
          Error(reason::kCancelled, "nobody waits for the answer")));
      return;
    }
    // Outgoing calls take deadline and trace from the call being served.
    const CallScope scope(call);
    absl::StatusOr<Response> result = core(call.caller);
    if (result.ok()) *response = std::move(*result);
    reactor->Finish(ToGrpcStatus(result.status()));
  });
  return reactor;
}

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_RUN_UNARY_H_
