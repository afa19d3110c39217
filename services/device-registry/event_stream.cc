#include "services/device-registry/event_stream.h"

#include <deque>
#include <memory>
#include <utility>

#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/sync/sync.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {
namespace {

constexpr char kAllTenants[] = "-";

class EventStream : public grpc::ServerWriteReactor<v1::WatchEventsResponse> {
 public:
  EventStream(EventBus& bus, EventBus::Filter filter)
      : watch_(bus.Subscribe(
            std::move(filter),
            [this](const EventBus::Event& event) { OnEvent(event); })) {
    StartSendInitialMetadata();
  }

  void OnSendInitialMetadataDone(bool) override {
    MutexLock lock(mutex_);
    open_ = true;
    Next();
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
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
  // On the bus's thread, inside its lock: hands over only.
  void OnEvent(const EventBus::Event& event) {
    MutexLock lock(mutex_);
    if (ended_) return;
    if (!event.has_value()) {
      End(Error(reason::kStoreUnavailable, "events were missed"));
    } else if (queue_.size() >= kMaxQueuedEvents) {
      End(Error(reason::kPeerLimit, "the reader is too slow"));
    } else {
      queue_.push_back(*event);
    }
    Next();
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
      Finish(rpc::ToGrpcStatus(status_));
    } else if (!queue_.empty()) {
      writing_ = true;
      StartWrite(&queue_.front());
    }
  }

  Mutex mutex_;
  std::deque<v1::WatchEventsResponse> queue_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Last, so that it goes first: no event comes afterwards.
  std::unique_ptr<EventBus::Watch> watch_;
};

}  // namespace

absl::StatusOr<EventBus::Filter> FilterOf(
    const rpc::Caller& caller, const v1::WatchEventsRequest& request) {
  EventBus::Filter filter;
  if (caller.role() != rpc::Role::kService || request.tenant() != kAllTenants) {
    ASSIGN_OR_RETURN(filter.tenant, rpc::TenantOf(caller, request.tenant()));
  }
  for (const int kind : request.kinds()) {
    if (!v1::EventKind_IsValid(kind) || kind == v1::EVENT_KIND_UNSPECIFIED) {
      return FieldError("kinds", "has an unknown value");
    }
    filter.kinds.insert(static_cast<v1::EventKind>(kind));
  }
  return filter;
}

grpc::ServerWriteReactor<v1::WatchEventsResponse>* StartEventStream(
    EventBus& bus, EventBus::Filter filter) {
  return new EventStream(bus, std::move(filter));
}

}  // namespace u2fi::device_registry
