#ifndef U2FI_SERVICES_COMMON_RPC_GUARDED_HANDLER_H_
#define U2FI_SERVICES_COMMON_RPC_GUARDED_HANDLER_H_

#include <memory>
#include <string>

#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "services/common/rpc/call_guard.h"

namespace u2fi::rpc {

// The guard before one handler; see GuardedService.
class GuardedHandler : public grpc::internal::MethodHandler {
 public:
  // `inner` is a handler of the callback API if `callback`, else of the sync
  // API. `method`, `inner` and `guard` must outlive this object.
  GuardedHandler(const google::protobuf::MethodDescriptor& method,
                 grpc::internal::MethodHandler& inner, bool callback,
                 CallGuard& guard);

  void* Deserialize(grpc_call* call, grpc_byte_buffer* request,
                    grpc::Status* status, void** handler_data) override;
  void RunHandler(const HandlerParameter& param) override;

 private:
  void EnterStream(const ServedCall& call, const HandlerParameter& param);
  void EnterUnary(const ServedCall& call, const HandlerParameter& param);
  // `place` is given back when the call has ended.
  void Enter(const ServedCall& call, const HandlerParameter& param,
             std::shared_ptr<StreamLimit::Place> place);
  void Refuse(const HandlerParameter& param, const grpc::Status& status);
  void ReleaseRequest(const HandlerParameter& param);
  std::string RequestIdOf(const HandlerParameter& param) const;

  const std::string path_;
  const bool callback_;
  const bool stream_;
  // The request's field request_id, or nullptr.
  const google::protobuf::FieldDescriptor* const request_id_;
  grpc::internal::MethodHandler& inner_;
  CallGuard& guard_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_GUARDED_HANDLER_H_
