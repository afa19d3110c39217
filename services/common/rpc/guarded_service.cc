#include "services/common/rpc/guarded_service.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/impl/rpc_service_method.h"
#include "services/common/rpc/guarded_handler.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using grpc::internal::MethodHandler;
using grpc::internal::RpcMethod;

// Opens a protected member of grpc::Service.
struct HandlerAccess : grpc::Service {
  static MethodHandler* Of(grpc::Service& service, int index) {
    return (service.*(&HandlerAccess::GetHandler))(index);
  }
};

RpcMethod::RpcType TypeOf(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? RpcMethod::BIDI_STREAMING
                                     : RpcMethod::CLIENT_STREAMING;
  }
  return method.server_streaming() ? RpcMethod::SERVER_STREAMING
                                   : RpcMethod::NORMAL_RPC;
}

absl::Status BadService(const ServiceDescriptor& descriptor,
                        absl::string_view problem) {
  return Error(reason::kInternal,
               absl::StrCat("service ", descriptor.full_name(), " ", problem));
}

}  // namespace

absl::StatusOr<std::unique_ptr<GuardedService>> GuardedService::Wrap(
    const ServiceDescriptor& descriptor, grpc::Service& service,
    CallGuard& guard) {
  if (service.has_generic_methods() || service.has_async_methods() ||
      (service.has_synchronous_methods() && service.has_callback_methods())) {
    return BadService(descriptor, "must have one style: sync or callback");
  }
  RETURN_IF_ERROR(guard.allow_list().AddService(descriptor));
  std::unique_ptr<GuardedService> guarded(new GuardedService);
  for (int i = 0; i < descriptor.method_count(); ++i) {
    RETURN_IF_ERROR(guarded->AddGuarded(*descriptor.method(i), service, guard));
  }
  return guarded;
}

absl::Status GuardedService::AddGuarded(const MethodDescriptor& method,
                                        grpc::Service& service,
                                        CallGuard& guard) {
  // Generated code adds methods in the order of the .proto.
  MethodHandler* inner = HandlerAccess::Of(service, method.index());
  if (inner == nullptr) {
    return BadService(*method.service(), "has a method without a handler");
  }
  const bool callback = service.has_callback_methods();
  paths_.push_back(PathOf(method));
  auto handler =
      std::make_unique<GuardedHandler>(method, *inner, callback, guard);
  if (callback) {
    AddMethod(new grpc::internal::RpcServiceMethod(paths_.back().c_str(),
                                                   TypeOf(method), nullptr));
    MarkMethodCallback(method.index(), handler.release());
  } else {
    AddMethod(new grpc::internal::RpcServiceMethod(
        paths_.back().c_str(), TypeOf(method), handler.release()));
  }
  return absl::OkStatus();
}

}  // namespace u2fi::rpc
