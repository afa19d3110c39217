#ifndef U2FI_SERVICES_COMMON_RPC_STREAM_WATCH_H_
#define U2FI_SERVICES_COMMON_RPC_STREAM_WATCH_H_

#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/sync_stream.h"
#include "services/common/sync/sync.h"

namespace u2fi::rpc {

// Keeps a server's stream of events open, on a thread of its own, as long as it
// lives: opens it again `reconnect_after` its end. Whenever it is open it says
// so by a callback with nothing: events before that may have been missed.
template <typename Event>
class StreamWatch {
 public:
  // Opens the stream; never null.
  using Open =
      std::function<std::unique_ptr<grpc::ClientReaderInterface<Event>>(
          grpc::ClientContext*)>;
  using Callback = std::function<void(const absl::optional<Event>&)>;

  // What `open` refers to must outlive this object. `callback` runs on the
  // thread, one call at a time, and must not destroy this object.
  StreamWatch(absl::Duration reconnect_after, Open open, Callback callback)
      : reconnect_after_(reconnect_after),
        open_(std::move(open)),
        callback_(std::move(callback)),
        thread_([this] { Run(); }) {}

  // Cancels the stream and waits for a callback that runs.
  ~StreamWatch() {
    {
      MutexLock lock(mutex_);
      stopping_ = true;
      if (context_ != nullptr) context_->TryCancel();
      changed_.NotifyAll();
    }
    thread_.join();
  }
  StreamWatch(const StreamWatch&) = delete;
  StreamWatch& operator=(const StreamWatch&) = delete;

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
    const auto reader = open_(context_.get());
    reader->WaitForInitialMetadata();
    // From here on it hears; what came before is missing.
    callback_(absl::nullopt);
    Event event;
    while (reader->Read(&event)) callback_(event);
    (void)reader->Finish();
  }

  void End() {
    MutexLock lock(mutex_);
    context_.reset();
    if (!stopping_) changed_.WaitFor(mutex_, reconnect_after_);
  }

  const absl::Duration reconnect_after_;
  const Open open_;
  const Callback callback_;
  Mutex mutex_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Made and destroyed by the thread under the lock.
  std::unique_ptr<grpc::ClientContext> context_;
  std::thread thread_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_STREAM_WATCH_H_
