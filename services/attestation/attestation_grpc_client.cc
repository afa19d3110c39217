#include "services/attestation/attestation_grpc_client.h"

#include <thread>

#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/sync/sync.h"

namespace u2fi::attestation {
namespace {

using Stub = v1::Attestation::StubInterface;

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

// One thread that keeps a stream of changes open.
class StreamWatch : public AttestationClient::Watch {
 public:
  using Callback =
      std::function<void(const absl::optional<v1::WatchTokensResponse>&)>;

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
    v1::WatchTokensRequest request;
    request.set_tenant("-");
    const auto reader = stub_.WatchTokens(context_.get(), request);
    reader->WaitForInitialMetadata();
    // From here on it hears; what came before is missing.
    callback_(absl::nullopt);
    v1::WatchTokensResponse event;
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

absl::StatusOr<v1::ListCandidatesResponse>
AttestationGrpcClient::ListCandidates(
    const v1::ListCandidatesRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::ListCandidates);
}

absl::StatusOr<v1::VerifyRegistrationResponse>
AttestationGrpcClient::VerifyRegistration(
    const v1::VerifyRegistrationRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::VerifyRegistration);
}

absl::StatusOr<v1::VerifyAssertionResponse>
AttestationGrpcClient::VerifyAssertion(
    const v1::VerifyAssertionRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::VerifyAssertion);
}

absl::StatusOr<v1::ApplyResponse> AttestationGrpcClient::Apply(
    const v1::ApplyRequest& request) {
  return Call(*stub_, deadline_, request, &Stub::Apply);
}

std::unique_ptr<AttestationClient::Watch> AttestationGrpcClient::WatchTokens(
    std::function<void(const absl::optional<v1::WatchTokensResponse>&)>
        callback) {
  return std::make_unique<StreamWatch>(*stub_, reconnect_after_,
                                       std::move(callback));
}

}  // namespace u2fi::attestation
