#include "services/common/rpc/served_call.h"

#include "services/common/status/error.h"

namespace u2fi::rpc {
namespace {

thread_local const ServedCall* current_call = nullptr;

}  // namespace

const ServedCall* CurrentCall() { return current_call; }

absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context) {
  if (current_call == nullptr || current_call->context != &context) {
    return Error(reason::kCallerUnknown, "the caller's identity is missing");
  }
  return current_call->caller;
}

CallScope::CallScope(const ServedCall& call)
    : former_(current_call), log_(call.log) {
  current_call = &call;
}

CallScope::~CallScope() { current_call = former_; }

}  // namespace u2fi::rpc
