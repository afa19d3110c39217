#ifndef U2FI_SERVICES_COMMON_RPC_SERVED_CALL_H_
#define U2FI_SERVICES_COMMON_RPC_SERVED_CALL_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/common/logging/context.h"
#include "services/common/rpc/caller.h"
#include "services/common/rpc/trace_context.h"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace u2fi::rpc {

// What is known of a call while its handler runs. A GuardedService makes it,
// and nothing else does.
struct ServedCall {
  const grpc::ServerContextBase* context;
  Caller caller;
  // The earlier of the client's deadline and the longest time this server
  // gives a call.
  absl::Time deadline;
  TraceContext trace;
  // What log lines say of the call; has its request_id.
  logging::Context log;
};

// The call whose handler was entered on this thread, or nullptr. In a callback
// service that is the handler itself, not the reactions that follow: copy what
// they need.
const ServedCall* CurrentCall();

// Who calls. CALLER_UNKNOWN if `context` is not that of CurrentCall(): a
// handler that was reached past the guard has no caller, and refuses.
absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context);

// Makes `call` the present thread's for as long as this object lives. `call`
// must outlive it. Scopes nest: one thread may serve an in-process call while
// its own waits.
class CallScope {
 public:
  explicit CallScope(const ServedCall& call);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  const ServedCall* const former_;
  const logging::ContextScope log_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_SERVED_CALL_H_
