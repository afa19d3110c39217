#include "services/common/rpc/guarded_handler.h"

#include <utility>

#include "google/protobuf/message.h"
#include "grpcpp/impl/codegen/server_callback_handlers.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/method_handler.h"
#include "grpcpp/support/sync_stream.h"
#include "services/common/rpc/call_observer.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::ByteBuffer;

// What a call costs besides its request, roughly.
constexpr int64_t kBytesOfACall = 8 << 10;

// All replicas of a service are one caller: they get so many times as much.
constexpr int64_t kReplicas = 16;
bool IsManyReplicas(const Caller& caller) {
  return caller.role() == Role::kService || caller.role() == Role::kReplica;
}

const FieldDescriptor* RequestIdField(const MethodDescriptor& method) {
  const FieldDescriptor* field =
      method.input_type()->FindFieldByName("request_id");
  if (method.client_streaming() || field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) {
    return nullptr;
  }
  return field;
}

// gRPC passes requests as the address of the generated message, which is also
// that of its only base.
Message* AsMessage(void* request) { return static_cast<Message*>(request); }

// Ends a call with a status, whatever the shape of its rpc.
class RefusingReactor : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer> {
 public:
  explicit RefusingReactor(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

using Parameter = grpc::internal::MethodHandler::HandlerParameter;

void FinishCallback(const Parameter& param, const grpc::Status& status) {
  grpc::internal::CallbackBidiHandler<ByteBuffer, ByteBuffer>(
      [&status](grpc::CallbackServerContext*) {
        return new RefusingReactor(status);
      })
      .RunHandler(Parameter(param.call, param.server_context, nullptr,
                            grpc::Status::OK, nullptr, param.call_requester));
}

void FinishSync(const Parameter& param, const grpc::Status& status) {
  using Stream = grpc::ServerReaderWriter<ByteBuffer, ByteBuffer>;
  grpc::internal::TemplatedBidiStreamingHandler<Stream, false>(
      [&status](grpc::ServerContext*, Stream*) { return status; })
      .RunHandler(param);
}

}  // namespace

GuardedHandler::GuardedHandler(const MethodDescriptor& method,
                               grpc::internal::MethodHandler& inner,
                               bool callback, CallGuard& guard)
    : path_(PathOf(method)),
      callback_(callback),
      stream_(method.client_streaming() || method.server_streaming()),
      request_id_(RequestIdField(method)),
      inner_(inner),
      guard_(guard) {}

void* GuardedHandler::Deserialize(grpc_call* call, grpc_byte_buffer* request,
                                  grpc::Status* status, void** handler_data) {
  const absl::StatusOr<Caller> caller = guard_.Admit(path_, call);
  if (caller.ok()) {
    return inner_.Deserialize(call, request, status, handler_data);
  }
  // RunHandler() refuses it; nobody else will look at the request.
  if (request != nullptr) {
    grpc::g_core_codegen_interface->grpc_byte_buffer_destroy(request);
  }
  *status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "");
  return nullptr;
}

void GuardedHandler::RunHandler(const HandlerParameter& param) {
  CallObserver::Record ignored;
  CallObserver::Record* taken = TakeCallRecord(*param.server_context);
  CallObserver::Record& record = taken == nullptr ? ignored : *taken;
  const absl::StatusOr<Caller> caller = guard_.Admit(path_, param.call->call());
  if (!caller.ok()) {
    record.log.peer = MetadataOf(caller.status())["caller"];
    return Refuse(param, ToGrpcStatus(caller.status()));
  }
  record.log.peer = caller->uri();
  if (!param.status.ok()) {
    return Refuse(param,
                  ToGrpcStatus(Error(reason::kInvalidField,
                                     "the request is not a message of this "
                                     "rpc")));
  }
  ServedCall call =
      guard_.Describe(path_, *caller, *param.server_context, stream_);
  call.log.request_id = RequestIdOf(param);
  record.log = call.log;
  stream_ ? EnterStream(call, param) : EnterUnary(call, param);
}

void GuardedHandler::EnterStream(const ServedCall& call,
                                 const HandlerParameter& param) {
  auto place = guard_.streams().Take(call.caller.uri());
  if (place == nullptr) {
    Refuse(param, ToGrpcStatus(Error(reason::kStreamLimit,
                                     "this caller has too many streams")));
    return;
  }
  Enter(call, param, std::move(place));
}

// A request has up to 4 MiB, a connection a thousand calls, and a caller as
// many connections as it likes.
void GuardedHandler::EnterUnary(const ServedCall& call,
                                const HandlerParameter& param) {
  auto bytes = static_cast<int64_t>(AsMessage(param.request)->ByteSizeLong()) +
               kBytesOfACall;
  if (IsManyReplicas(call.caller)) bytes = bytes / kReplicas + 1;
  auto place = guard_.requests().Take(call.caller.uri(), bytes);
  if (place == nullptr) {
    const absl::Status refused = Error(
        reason::kQuotaExceeded, "this caller has too many requests at a time",
        {{"quota", "requests"}});
    Refuse(param, ToGrpcStatus(WithRetry(refused, absl::Seconds(1))));
    return;
  }
  Enter(call, param, std::move(place));
}

void GuardedHandler::Enter(const ServedCall& call,
                           const HandlerParameter& param,
                           std::shared_ptr<StreamLimit::Place> place) {
  // A callback handler returns before its call ends: the place goes with what
  // gRPC calls at the end.
  auto at_end = [place = std::move(place),
                 next = param.call_requester]() mutable {
    place.reset();
    if (next) next();
  };
  const CallScope scope(call);
  inner_.RunHandler(HandlerParameter(param.call, param.server_context,
                                     param.request, param.status,
                                     param.internal_data, std::move(at_end)));
}

void GuardedHandler::Refuse(const HandlerParameter& param,
                            const grpc::Status& status) {
  ReleaseRequest(param);
  if (callback_) {
    FinishCallback(param, status);
  } else {
    FinishSync(param, status);
  }
}

// Does what the inner handler would have done with a request it never sees:
// gRPC made it in the call's arena, which runs no destructors.
void GuardedHandler::ReleaseRequest(const HandlerParameter& param) {
  if (param.internal_data != nullptr) {
    static_cast<grpc::RpcAllocatorState*>(param.internal_data)
        ->~RpcAllocatorState();
  } else if (param.request != nullptr) {
    AsMessage(param.request)->~Message();
  }
}

std::string GuardedHandler::RequestIdOf(const HandlerParameter& param) const {
  if (request_id_ == nullptr || param.request == nullptr) return "";
  const Message& message = *AsMessage(param.request);
  std::string id = message.GetReflection()->GetString(message, request_id_);
  return CheckRequestId("request_id", id).ok() ? id : "";
}

}  // namespace u2fi::rpc
