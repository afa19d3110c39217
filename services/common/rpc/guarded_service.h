#ifndef U2FI_SERVICES_COMMON_RPC_GUARDED_SERVICE_H_
#define U2FI_SERVICES_COMMON_RPC_GUARDED_SERVICE_H_

#include <deque>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/service_type.h"
#include "services/common/rpc/call_guard.h"

namespace u2fi::rpc {

// A service with a guard before each of its handlers: what is registered on a
// server instead of the service itself. It works for the sync and the callback
// API and for all four shapes of rpcs, with TLS and in process:
//   - a call that the guard does not admit is answered with the refusal and
//     its ErrorInfo; its request is not even parsed, its handler not entered;
//   - a request that is not a message of the rpc is INVALID_FIELD;
//   - a stream beyond the caller's limit is STREAM_LIMIT;
//   - every other call's handler runs with CurrentCall() set.
//
// gRPC 1.51 has no public way to do this (an interceptor cannot stop a
// handler). It uses what generated code uses: grpc::internal::MethodHandler.
class GuardedService : public grpc::Service {
 public:
  // Wraps `service`, which implements `descriptor`, and adds its methods to
  // the guard's allow list. Both must outlive the result; one service may be
  // wrapped for several servers. INTERNAL, naming the method, if one declares
  // no callers, or has no handler of the sync or callback API, or if the
  // service mixes the two.
  static absl::StatusOr<std::unique_ptr<GuardedService>> Wrap(
      const google::protobuf::ServiceDescriptor& descriptor,
      grpc::Service& service, CallGuard& guard);

 private:
  GuardedService() = default;
  absl::Status AddGuarded(const google::protobuf::MethodDescriptor& method,
                          grpc::Service& service, CallGuard& guard);

  // gRPC keeps pointers to these.
  std::deque<std::string> paths_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_GUARDED_SERVICE_H_
