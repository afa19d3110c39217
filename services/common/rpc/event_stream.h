#ifndef U2FI_SERVICES_COMMON_RPC_EVENT_STREAM_H_
#define U2FI_SERVICES_COMMON_RPC_EVENT_STREAM_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "absl/types/optional.h"
#include "grpcpp/support/server_callback.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"
#include "services/common/sync/sync.h"

namespace u2fi::rpc {

// Events that wait for a slow reader; with more its stream ends.
inline constexpr size_t kMaxQueuedEvents = 4096;
// The same for their bytes: an event may have megabytes. What an approver has
// open, four questions of 3 MiB, fits.
inline constexpr size_t kMaxQueuedBytes = size_t{16} << 20;

// Streams events until the reader goes. Sends its initial metadata when it
// hears, and ends with UNAVAILABLE or RESOURCE_EXHAUSTED where events are
// missing: the reader then connects again (StreamWatch) and forgets what it
// knew. `Watch` is what a bus gives its subscriber: no event comes after it is
// gone. Deletes itself; the bus must outlive it.
template <typename Event, typename Watch>
class EventStream : public grpc::ServerWriteReactor<Event> {
 public:
  // Nothing: events were missed. It may be called on any thread, inside the
  // bus's lock: it only hands over.
  using Callback = std::function<void(const absl::optional<Event>&)>;
  using Subscribe = std::function<std::unique_ptr<Watch>(Callback)>;

  explicit EventStream(const Subscribe& subscribe)
      : watch_(subscribe(
            [this](const absl::optional<Event>& event) { OnEvent(event); })) {
    this->StartSendInitialMetadata();
  }

  void OnSendInitialMetadataDone(bool) override {
    MutexLock lock(mutex_);
    open_ = true;
    Next();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    queued_bytes_ -= queue_.front().ByteSizeLong();
    queue_.pop_front();
    if (!ok) End(Error(reason::kCancelled, "the reader is gone"));
    Next();
  }

  void OnCancel() override {
    MutexLock lock(mutex_);
    End(Error(reason::kCancelled, "the reader is gone"));
    Next();
  }

  void OnDone() override { delete this; }

 private:
  void OnEvent(const absl::optional<Event>& event) {
    MutexLock lock(mutex_);
    if (ended_) return;
    if (!event.has_value()) {
      End(Error(reason::kStoreUnavailable, "events were missed"));
    } else if (IsTooMuch(*event)) {
      End(Error(reason::kPeerLimit, "the reader is too slow"));
    } else {
      queued_bytes_ += event->ByteSizeLong();
      queue_.push_back(*event);
    }
    Next();
  }

  bool IsTooMuch(const Event& event) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return queue_.size() >= kMaxQueuedEvents ||
           (!queue_.empty() &&
            queued_bytes_ + event.ByteSizeLong() > kMaxQueuedBytes);
  }

  // What is queued is not sent any more: the reader starts anew.
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (ended_) return;
    ended_ = true;
    status_ = status;
  }

  // At most one write is in flight, and the end comes after it.
  void Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!open_ || writing_ || finished_) return;
    if (ended_) {
      finished_ = true;
      this->Finish(ToGrpcStatus(status_));
    } else if (!queue_.empty()) {
      writing_ = true;
      this->StartWrite(&queue_.front());
    }
  }

  Mutex mutex_;
  std::deque<Event> queue_ ABSL_GUARDED_BY(mutex_);
  size_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Last, so that it goes first: no event comes afterwards.
  std::unique_ptr<Watch> watch_;
};

// A stream that ends at once with `status`.
template <typename Event>
class RefusedStream : public grpc::ServerWriteReactor<Event> {
 public:
  explicit RefusedStream(const absl::Status& status) {
    this->Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_EVENT_STREAM_H_
