#include "services/common/rpc/fake_echo.h"

#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/reply.h"
#include "services/common/rpc/served_call.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {
namespace {

using test::EchoMessage;

absl::StatusOr<EchoMessage> Answer(const EchoMessage& request) {
  if (request.text() == "fail") return absl::NotFoundError("row 17");
  if (request.text() == "refuse") {
    return FieldError("text", "is not to be said");
  }
  return request;
}

// Ends its stream with a status; a stream of OK says "done" first where it can.
template <typename Base>
class EndingReactor : public Base {
 public:
  void OnDone() override { delete this; }
};

class CollectReactor
    : public EndingReactor<grpc::ServerReadReactor<EchoMessage>> {
 public:
  CollectReactor(const absl::Status& status, EchoMessage* response)
      : response_(response) {
    if (status.ok()) {
      StartRead(&message_);
    } else {
      Finish(ToGrpcStatus(status));
    }
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    response_->set_text(response_->text() + message_.text());
    StartRead(&message_);
  }

 private:
  EchoMessage message_;
  EchoMessage* const response_;
};

class RepeatReactor
    : public EndingReactor<grpc::ServerWriteReactor<EchoMessage>> {
 public:
  RepeatReactor(const absl::Status& status, const EchoMessage& message)
      : message_(message) {
    if (status.ok()) {
      StartWrite(&message_);
    } else {
      Finish(ToGrpcStatus(status));
    }
  }
  void OnWriteDone(bool ok) override {
    if (!ok || ++count_ == 2) return Finish(grpc::Status::OK);
    StartWrite(&message_);
  }

 private:
  const EchoMessage message_;
  int count_ = 0;
};

class ChatReactor
    : public EndingReactor<grpc::ServerBidiReactor<EchoMessage, EchoMessage>> {
 public:
  explicit ChatReactor(const absl::Status& status) {
    if (status.ok()) {
      StartRead(&message_);
    } else {
      Finish(ToGrpcStatus(status));
    }
  }
  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartWrite(&message_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&message_);
  }

 private:
  EchoMessage message_;
};

}  // namespace

absl::StatusOr<Caller> EchoLog::Enter(const grpc::ServerContextBase& context) {
  MutexLock lock(mutex_);
  ++entered_;
  peer_ = context.peer();
  ASSIGN_OR_RETURN(Caller caller, CallerOf(context));
  caller_ = caller.uri();
  trace_id_ = CurrentCall()->trace.trace_id;
  deadline_ = CurrentCall()->deadline;
  return caller;
}

int EchoLog::entered() const {
  MutexLock lock(mutex_);
  return entered_;
}
std::string EchoLog::caller() const {
  MutexLock lock(mutex_);
  return caller_;
}
std::string EchoLog::peer() const {
  MutexLock lock(mutex_);
  return peer_;
}
std::string EchoLog::trace_id() const {
  MutexLock lock(mutex_);
  return trace_id_;
}
absl::Time EchoLog::deadline() const {
  MutexLock lock(mutex_);
  return deadline_;
}

grpc::Status SyncEcho::Say(grpc::ServerContext* context,
                           const EchoMessage* request, EchoMessage* response) {
  const auto caller = log_.Enter(*context);
  if (!caller.ok()) return ToGrpcStatus(caller.status());
  return Reply(Answer(*request), response);
}

grpc::Status SyncEcho::Collect(grpc::ServerContext* context,
                               grpc::ServerReader<EchoMessage>* reader,
                               EchoMessage* response) {
  const auto caller = log_.Enter(*context);
  if (!caller.ok()) return ToGrpcStatus(caller.status());
  EchoMessage message;
  while (reader->Read(&message)) {
    response->set_text(response->text() + message.text());
  }
  return grpc::Status::OK;
}

grpc::Status SyncEcho::Repeat(grpc::ServerContext* context,
                              const EchoMessage* request,
                              grpc::ServerWriter<EchoMessage>* writer) {
  const auto caller = log_.Enter(*context);
  if (!caller.ok()) return ToGrpcStatus(caller.status());
  for (int i = 0; i < 2; ++i) writer->Write(*request);
  return grpc::Status::OK;
}

grpc::Status SyncEcho::Chat(
    grpc::ServerContext* context,
    grpc::ServerReaderWriter<EchoMessage, EchoMessage>* stream) {
  const auto caller = log_.Enter(*context);
  if (!caller.ok()) return ToGrpcStatus(caller.status());
  EchoMessage message;
  while (stream->Read(&message)) stream->Write(message);
  return grpc::Status::OK;
}

grpc::Status SyncEcho::Whisper(grpc::ServerContext* context,
                               const EchoMessage* request,
                               EchoMessage* response) {
  return Say(context, request, response);
}

grpc::ServerUnaryReactor* CallbackEcho::Say(
    grpc::CallbackServerContext* context, const EchoMessage* request,
    EchoMessage* response) {
  const auto caller = log_.Enter(*context);
  if (!caller.ok()) return Finish(context, caller.status());
  return Reply(context, Answer(*request), response);
}

grpc::ServerReadReactor<EchoMessage>* CallbackEcho::Collect(
    grpc::CallbackServerContext* context, EchoMessage* response) {
  return new CollectReactor(log_.Enter(*context).status(), response);
}

grpc::ServerWriteReactor<EchoMessage>* CallbackEcho::Repeat(
    grpc::CallbackServerContext* context, const EchoMessage* request) {
  return new RepeatReactor(log_.Enter(*context).status(), *request);
}

grpc::ServerBidiReactor<EchoMessage, EchoMessage>* CallbackEcho::Chat(
    grpc::CallbackServerContext* context) {
  return new ChatReactor(log_.Enter(*context).status());
}

grpc::ServerUnaryReactor* CallbackEcho::Whisper(
    grpc::CallbackServerContext* context, const EchoMessage* request,
    EchoMessage* response) {
  return Say(context, request, response);
}

}  // namespace u2fi::rpc
