#include "services/common/rpc/call_observer.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"
#include "services/common/logging/logging.h"
#include "services/common/rpc/allow_list.h"

namespace u2fi::rpc {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

constexpr absl::string_view kCodes[] = {"OK",
                                        "Canceled",
                                        "Unknown",
                                        "InvalidArgument",
                                        "DeadlineExceeded",
                                        "NotFound",
                                        "AlreadyExists",
                                        "PermissionDenied",
                                        "ResourceExhausted",
                                        "FailedPrecondition",
                                        "Aborted",
                                        "OutOfRange",
                                        "Unimplemented",
                                        "Internal",
                                        "Unavailable",
                                        "DataLoss",
                                        "Unauthenticated"};
constexpr int kCodeCount = sizeof(kCodes) / sizeof(kCodes[0]);

using Row = std::vector<std::string>;

std::string ShapeOf(const MethodDescriptor& method) {
  if (method.client_streaming()) {
    return method.server_streaming() ? "bidi_stream" : "client_stream";
  }
  return method.server_streaming() ? "server_stream" : "unary";
}

Row RowOf(const MethodDescriptor& method) {
  return {method.service()->full_name(), method.name(), ShapeOf(method)};
}

Row WithCode(Row row, int code) {
  row.emplace_back(kCodes[code]);
  return row;
}

std::vector<const MethodDescriptor*> MethodsOf(
    const std::vector<const ServiceDescriptor*>& services) {
  std::vector<const MethodDescriptor*> methods;
  for (const ServiceDescriptor* service : services) {
    for (int i = 0; i < service->method_count(); ++i) {
      methods.push_back(service->method(i));
    }
  }
  return methods;
}

logging::Severity SeverityOf(int code) {
  switch (code) {
    case grpc::StatusCode::OK:
      return logging::Severity::kDebug;
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DATA_LOSS:
      return logging::Severity::kError;
    default:
      return logging::Severity::kInfo;
  }
}

thread_local CallObserver::Record* current_record = nullptr;

}  // namespace

// Follows one call.
class ObservingInterceptor : public grpc::experimental::Interceptor {
 public:
  ObservingInterceptor(const CallObserver& observer, ServerRpcInfo& info)
      : observer_(observer),
        info_(info),
        rpc_(observer.RpcOf(info.method())),
        start_(observer.clock_.Uptime()) {
    rpc_.started.Add();
    record_.context = info.server_context();
  }
  // A call whose status is never sent was given up by its client.
  ~ObservingInterceptor() override {
    if (current_record == &record_) current_record = nullptr;
    if (!finished_) Finish(grpc::StatusCode::CANCELLED);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      current_record = &record_;
    }
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS) &&
        !finished_) {
      Finish(methods->GetSendStatus().error_code());
    }
    methods->Proceed();
  }

 private:
  void Finish(int code) {
    finished_ = true;
    observer_.Finished(rpc_, record_, info_.method(), code,
                       observer_.clock_.Uptime() - start_);
  }

  const CallObserver& observer_;
  ServerRpcInfo& info_;
  const CallObserver::Rpc& rpc_;
  const absl::Duration start_;
  CallObserver::Record record_;
  bool finished_ = false;
};

namespace {

class Factory : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit Factory(const CallObserver& observer) : observer_(observer) {}
  grpc::experimental::Interceptor* CreateServerInterceptor(
      ServerRpcInfo* info) override {
    return new ObservingInterceptor(observer_, *info);
  }

 private:
  const CallObserver& observer_;
};

}  // namespace

CallObserver::CallObserver(
    metrics::Registry& registry,
    const std::vector<const ServiceDescriptor*>& services, const Clock& clock)
    : clock_(clock) {
  std::vector<Row> rows;
  std::vector<Row> rows_with_code;
  const std::vector<const MethodDescriptor*> methods = MethodsOf(services);
  const Row other = {"other", "other", "other"};
  for (const MethodDescriptor* method : methods) rows.push_back(RowOf(*method));
  for (int code = 0; code < kCodeCount; ++code) {
    for (const Row& row : rows) rows_with_code.push_back(WithCode(row, code));
    rows_with_code.push_back(WithCode(other, code));
  }
  const Row labels = {"grpc_service", "grpc_method", "grpc_type"};
  const Row labels_with_code = {"grpc_service", "grpc_method", "grpc_type",
                                "grpc_code"};
  const auto started = registry.Counters(
      {"grpc_server_started_total", "Calls that came in.", labels, rows});
  const auto handled =
      registry.Counters({"grpc_server_handled_total", "Calls that ended.",
                         labels_with_code, rows_with_code});
  const auto seconds = registry.Histograms({"grpc_server_handling_seconds",
                                            "Time from a call's arrival to its "
                                            "status.",
                                            labels, rows},
                                           metrics::SecondsBuckets());
  auto add = [&](const std::string& path, const Row& row) {
    Rpc rpc{started.At(row), seconds.At(row), {}};
    for (int code = 0; code < kCodeCount; ++code) {
      rpc.handled.push_back(handled.At(WithCode(row, code)));
    }
    rpcs_.emplace(path, std::move(rpc));
  };
  for (const MethodDescriptor* method : methods) {
    add(PathOf(*method), RowOf(*method));
  }
  add("", other);
}

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
CallObserver::NewFactory() {
  return std::make_unique<Factory>(*this);
}

const CallObserver::Rpc& CallObserver::RpcOf(absl::string_view path) const {
  const auto rpc = rpcs_.find(path);
  return rpc == rpcs_.end() ? rpcs_.find("")->second : rpc->second;
}

void CallObserver::Finished(const Rpc& rpc, const Record& record,
                            absl::string_view path, int code,
                            absl::Duration duration) const {
  const int known =
      code >= 0 && code < kCodeCount ? code : grpc::StatusCode::UNKNOWN;
  rpc.handled[known].Add();
  rpc.seconds.Observe(absl::ToDoubleSeconds(duration));
  const logging::Severity severity = SeverityOf(known);
  if (severity < logging::Level()) return;
  logging::Context log = record.log;
  log.rpc = std::string(path);
  const logging::ContextScope scope(log);
  logging::Log(severity, "rpc",
               {{"code", kCodes[known]}, {"dur_ms", duration}});
}

CallObserver::Record* CurrentCallRecord(
    const grpc::ServerContextBase& context) {
  if (current_record == nullptr || current_record->context != &context) {
    return nullptr;
  }
  return current_record;
}

}  // namespace u2fi::rpc
