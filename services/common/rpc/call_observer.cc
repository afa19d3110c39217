#include "services/common/rpc/call_observer.h"

#include <utility>

#include "absl/strings/string_view.h"
#include "grpcpp/support/status.h"
#include "services/common/logging/logging.h"
#include "services/common/rpc/allow_list.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"

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
const Row& kOther = *new Row{"other", "other", "other"};
const Row& kLabels = *new Row{"grpc_service", "grpc_method", "grpc_type"};
const Row& kLabelsAndCode =
    *new Row{"grpc_service", "grpc_method", "grpc_type", "grpc_code"};

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

// Every row with every code, that of other rpcs too.
std::vector<Row> WithEveryCode(std::vector<Row> rows) {
  rows.push_back(kOther);
  std::vector<Row> all;
  for (const Row& row : rows) {
    for (int code = 0; code < kCodeCount; ++code) {
      all.push_back(WithCode(row, code));
    }
  }
  return all;
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

// From an interceptor to the guard, which runs next on the same thread.
struct HandOver {
  const grpc::ServerContextBase* context = nullptr;
  CallObserver::Record* record = nullptr;
};
thread_local HandOver hand_over;

}  // namespace

// The three families; each is declared once.
class CallObserver::Families {
 public:
  // `rows` are service, method and shape of each rpc.
  Families(metrics::Registry& registry, const std::vector<Row>& rows)
      : started_(registry.Counters({"grpc_server_started_total",
                                    "Calls that came in.", kLabels, rows})),
        handled_(
            registry.Counters({"grpc_server_handled_total", "Calls that ended.",
                               kLabelsAndCode, WithEveryCode(rows)})),
        seconds_(registry.Histograms(
            {"grpc_server_handling_seconds",
             "Time from a call's arrival to its status.", kLabels, rows},
            metrics::SecondsBuckets())) {}

  Rpc RpcOf(const Row& row) const {
    Rpc rpc{true, started_.At(row), seconds_.At(row), {}};
    for (int code = 0; code < kCodeCount; ++code) {
      rpc.handled.push_back(handled_.At(WithCode(row, code)));
    }
    return rpc;
  }

 private:
  const metrics::Rows<metrics::Counter> started_;
  const metrics::Rows<metrics::Counter> handled_;
  const metrics::Rows<metrics::Histogram> seconds_;
};

// Follows one call.
class ObservingInterceptor : public grpc::experimental::Interceptor {
 public:
  ObservingInterceptor(const CallObserver& observer, ServerRpcInfo& info)
      : observer_(observer),
        info_(info),
        rpc_(observer.RpcOf(info.method())),
        start_(observer.clock_.Uptime()) {
    rpc_.started.Add();
  }
  // A call whose status is never sent was given up by its client.
  ~ObservingInterceptor() override {
    if (!finished_) Finish(grpc::Status::CANCELLED);
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    // Only declared rpcs have a guard that takes the record.
    if (rpc_.declared &&
        methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      hand_over = {info_.server_context(), &record_};
    }
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS) &&
        !finished_) {
      Finish(methods->GetSendStatus());
    }
    methods->Proceed();
  }

 private:
  void Finish(const grpc::Status& status) {
    finished_ = true;
    observer_.Finished(rpc_, record_, info_.method(), status,
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
  const std::vector<const MethodDescriptor*> methods = MethodsOf(services);
  std::vector<Row> rows;
  rows.reserve(methods.size());
  for (const MethodDescriptor* method : methods) rows.push_back(RowOf(*method));
  const Families families(registry, rows);
  for (const MethodDescriptor* method : methods) {
    rpcs_.emplace(PathOf(*method), families.RpcOf(RowOf(*method)));
  }
  rpcs_.emplace("", families.RpcOf(kOther));
  rpcs_.find("")->second.declared = false;
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
                            absl::string_view path, const grpc::Status& status,
                            absl::Duration duration) const {
  int code = status.error_code();
  if (code < 0 || code >= kCodeCount) code = grpc::StatusCode::UNKNOWN;
  rpc.handled[code].Add();
  rpc.seconds.Observe(absl::ToDoubleSeconds(duration));
  const logging::Severity severity = SeverityOf(code);
  if (severity < logging::Level()) return;
  logging::Context log = record.log;
  log.rpc = std::string(path);
  const logging::ContextScope scope(log);
  logging::Log(severity, "rpc",
               {{"code", kCodes[code]},
                {"reason", ReasonOf(FromGrpcStatus(status))},
                {"dur_ms", duration}});
}

CallObserver::Record* TakeCallRecord(const grpc::ServerContextBase& context) {
  const HandOver taken = std::exchange(hand_over, {});
  return taken.context == &context ? taken.record : nullptr;
}

}  // namespace u2fi::rpc
