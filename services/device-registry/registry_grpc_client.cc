#include "services/device-registry/registry_grpc_client.h"

#include <thread>

#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/sync/sync.h"

namespace u2fi::device_registry {
namespace {

using Stub = v1::DeviceRegistry::StubInterface;

template <typename Request, typename Response>
absl::StatusOr<Response> Call(Stub& stub, absl::Duration deadline,
                              const Request& request,
                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                           const Request&,
                                                           Response*)) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, deadline);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpcStatus(status);
  return response;
}

// One thread that keeps a stream of events open.
class StreamWatch : public RegistryClient::Watch {
 public:
  using Callback =
      std::function<void(const absl::optional<v1::WatchEventsResponse>&)>;

  StreamWatch(Stub& stub, absl::Duration reconnect_after, Callback callback)
      : stub_(stub),
        reconnect_after_(reconnect_after),
        callback_(std::move(callback)),
        thread_([this] { Run(); }) {}

  ~StreamWatch() override {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
      changed_.NotifyAll();
    }
    thread_.join();
  }

 private:
  void Run() {
    while (Begin()) {
      Follow();
      End();
    }
  }

  // False if it is time to stop.
  bool Begin() {
    MutexLock lock(mutex_);
    if (stopping_) return false;
    context_ = std::make_unique<grpc::ClientContext>();
    return true;
  }

  void Follow() {
    v1::WatchEventsRequest request;
    request.set_tenant("-");
    const auto reader = stub_.WatchEvents(context_.get(), request);
    reader->WaitForInitialMetadata();
    // From here on it hears; what came before is missing.
    callback_(absl::nullopt);
    v1::WatchEventsResponse event;
    while (reader->Read(&event)) callback_(event);
    (void)reader->Finish();
  }

  void End() {
    MutexLock lock(mutex_);
    context_.reset();
    if (!stopping_) changed_.WaitFor(mutex_, reconnect_after_);
  }

  Stub& stub_;
  const absl::Duration reconnect_after_;
  const Callback callback_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Made and destroyed by the thread under the lock.
  std::unique_ptr<grpc::ClientContext> context_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<v1::ResolveResponse> RegistryGrpcClient::Resolve(
    const v1::ResolveRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::Resolve);
}

absl::StatusOr<v1::AdmitGatewayResponse> RegistryGrpcClient::AdmitGateway(
    const v1::AdmitGatewayRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::AdmitGateway);
}

absl::StatusOr<v1::ArmResponse> RegistryGrpcClient::Arm(
    const v1::ArmRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::Arm);
}

absl::StatusOr<v1::StageResponse> RegistryGrpcClient::Stage(
    const v1::StageRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::Stage);
}

absl::StatusOr<v1::ApplyResponse> RegistryGrpcClient::Apply(
    const v1::ApplyRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::Apply);
}

absl::StatusOr<v1::OutcomeResponse> RegistryGrpcClient::Outcome(
    const v1::OutcomeRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::Outcome);
}

absl::StatusOr<v1::ConfirmResponse> RegistryGrpcClient::Confirm(
    const v1::ConfirmRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::Confirm);
}

absl::StatusOr<v1::ReportPresenceResponse> RegistryGrpcClient::ReportPresence(
    const v1::ReportPresenceRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::ReportPresence);
}

absl::StatusOr<v1::RenewDeviceTokenResponse>
RegistryGrpcClient::RenewDeviceToken(
    const v1::RenewDeviceTokenRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::RenewDeviceToken);
}

std::unique_ptr<RegistryClient::Watch> RegistryGrpcClient::WatchEvents(
    std::function<void(const absl::optional<v1::WatchEventsResponse>&)>
        callback) {
  return std::make_unique<StreamWatch>(*stub_, reconnect_after_,
                                       std::move(callback));
}

}  // namespace u2fi::device_registry
