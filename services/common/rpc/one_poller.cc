#include "services/common/rpc/one_poller.h"

#include <unistd.h>

#include <functional>
#include <utility>

#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "services/common/sync/sync.h"

namespace u2fi::rpc {
namespace {

// With fewer cores gRPC has two threads for callbacks.
constexpr int kCoresForThree = 6;

}  // namespace

// Calls that end before they begin: nothing is sent, and all that comes of them
// is that gRPC runs a callback on one of those threads.
class OnePoller::Rest {
 public:
  ~Rest() {
    MutexLock lock(mutex_);
    released_ = true;
    changed_.NotifyAll();
    // The last one to hold the channel joins gRPC's threads, so it must be this
    // one.
    while (calls_ > 0) changed_.Wait(mutex_);
  }

  // Blocks a thread until this object goes. False if none came within `wait`.
  bool Begin(absl::Duration wait) {
    Run([this] {
      MutexLock lock(mutex_);
      begun_ = true;
      changed_.NotifyAll();
      while (!released_) changed_.Wait(mutex_);
    });
    MutexLock lock(mutex_);
    bool in_time = true;
    while (!begun_ && in_time) in_time = changed_.WaitFor(mutex_, wait);
    return begun_;
  }

  // Whether another thread is left.
  bool OthersRun(absl::Duration wait) {
    Run([this] {
      MutexLock lock(mutex_);
      others_ = true;
      changed_.NotifyAll();
    });
    MutexLock lock(mutex_);
    bool in_time = true;
    while (!others_ && in_time) in_time = changed_.WaitFor(mutex_, wait);
    return others_;
  }

 private:
  struct Call {
    grpc::ClientContext context;
    // An empty message, which no buffer at all is not.
    const grpc::Slice nothing;
    grpc::ByteBuffer request{&nothing, 1};
    grpc::ByteBuffer response;
  };

  void Run(std::function<void()> callback) {
    {
      MutexLock lock(mutex_);
      ++calls_;
    }
    std::shared_ptr<Call> call(new Call(), [this](Call* ended) {
      delete ended;
      MutexLock lock(mutex_);
      --calls_;
      changed_.NotifyAll();
    });
    call->context.TryCancel();
    stub_.UnaryCall(
        &call->context, "/none/None", {}, &call->request, &call->response,
        [call, callback = std::move(callback)](const grpc::Status&) {
          callback();
        });
  }

  grpc::GenericStub stub_{grpc::CreateChannel(
      "unix:/nonexistent", grpc::InsecureChannelCredentials())};
  Mutex mutex_;
  CondVar changed_;
  // Calls that have not been forgotten.
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool others_ ABSL_GUARDED_BY(mutex_) = false;
  bool released_ ABSL_GUARDED_BY(mutex_) = false;
};

OnePoller::OnePoller(absl::Duration wait) {
  if (sysconf(_SC_NPROCESSORS_CONF) >= kCoresForThree) return;
  rest_ = std::make_unique<Rest>();
  if (!rest_->Begin(wait) || !rest_->OthersRun(wait)) rest_.reset();
}

OnePoller::~OnePoller() = default;

}  // namespace u2fi::rpc
