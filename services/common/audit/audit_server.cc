#include "services/common/audit/audit_server.h"

#include <memory>
#include <utility>

#include "grpcpp/alarm.h"
#include "services/common/rpc/event_stream.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/served_call.h"
#include "services/common/status/error.h"
#include "services/common/sync/sync.h"

namespace u2fi::audit {
namespace {

// How often a stream that follows looks for new rows.
constexpr int64_t kFollowMs = 1000;

using Response = v1::ExportAuditResponse;

// One stream. Exactly one of these is under way at any time: a step on the
// executor, a write, the alarm. So whoever ends the stream is the last to touch
// it before OnDone().
class ExportReactor : public grpc::ServerWriteReactor<Response> {
 public:
  ExportReactor(const ExportParts& parts, Executor& executor,
                const rpc::Caller& caller,
                const v1::ExportAuditRequest& request)
      : parts_(parts), executor_(executor), caller_(caller), request_(request) {
    Schedule();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      Schedule();
    } else {
      Finish(rpc::ToGrpcStatus(Error(reason::kCancelled, "cancelled")));
    }
  }

  void OnCancel() override {
    MutexLock lock(mutex_);
    cancelled_ = true;
    alarm_.Cancel();
  }

  void OnDone() override { delete this; }

 private:
  void Schedule() {
    executor_.Schedule([this] { Step(); });
  }

  void Step() {
    const absl::Status status = Advance();
    if (!status.ok()) {
      Finish(rpc::ToGrpcStatus(status));
    } else if (response_.records_size() > 0) {
      StartWrite(&response_);
    } else if (!export_->follow()) {
      Finish(grpc::Status::OK);
    } else if (!WaitForMore()) {
      Finish(rpc::ToGrpcStatus(Error(reason::kCancelled, "cancelled")));
    }
  }

  absl::Status Advance() {
    if (export_ == nullptr) {
      auto opened = AuditExport::Open(parts_, caller_, request_);
      if (!opened.ok()) return opened.status();
      export_ = *std::move(opened);
    }
    absl::StatusOr<Response> next = export_->Next();
    if (!next.ok()) return next.status();
    response_ = *std::move(next);
    return absl::OkStatus();
  }

  // False if the caller is gone.
  bool WaitForMore() {
    MutexLock lock(mutex_);
    if (cancelled_) return false;
    alarm_.Set(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                            gpr_time_from_millis(kFollowMs, GPR_TIMESPAN)),
               [this](bool) { Schedule(); });
    return true;
  }

  const ExportParts& parts_;
  Executor& executor_;
  const rpc::Caller caller_;
  const v1::ExportAuditRequest request_;
  std::unique_ptr<AuditExport> export_;
  Response response_;
  Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::Alarm alarm_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

grpc::ServerWriteReactor<Response>* AuditServer::ExportAudit(
    grpc::CallbackServerContext* context,
    const v1::ExportAuditRequest* request) {
  const absl::StatusOr<rpc::Caller> caller = rpc::CallerOf(*context);
  if (!caller.ok()) return new rpc::RefusedStream<Response>(caller.status());
  return new ExportReactor(parts_, executor_, *caller, *request);
}

}  // namespace u2fi::audit
