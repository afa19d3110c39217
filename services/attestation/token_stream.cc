#include "services/attestation/token_stream.h"

#include <deque>
#include <memory>
#include <utility>

#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/sync/sync.h"

namespace u2fi::attestation {
namespace {

constexpr char kAllTenants[] = "-";

class RefusedStream : public grpc::ServerWriteReactor<v1::WatchTokensResponse> {
 public:
  explicit RefusedStream(const absl::Status& status) {
    Finish(rpc::ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

class TokenStream : public grpc::ServerWriteReactor<v1::WatchTokensResponse> {
 public:
  TokenStream(TokenEvents& events, std::string tenant)
      : watch_(events.Subscribe(
            std::move(tenant),
            [this](const TokenEvents::Event& event) { OnEvent(event); })) {
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
  // On a thread of the store, inside the events' lock: hands over only.
  void OnEvent(const TokenEvents::Event& event) {
    MutexLock lock(mutex_);
    if (ended_) return;
    if (!event.has_value()) {
      End(Error(reason::kStoreUnavailable, "changes were missed"));
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
  std::deque<v1::WatchTokensResponse> queue_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool open_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  // Last, so that it goes first: no event comes afterwards.
  std::unique_ptr<TokenEvents::Watch> watch_;
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchTokensResponse>* StartTokenStream(
    TokenEvents& events, const v1::WatchTokensRequest& request) {
  if (request.tenant() == kAllTenants) return new TokenStream(events, "");
  const absl::Status named = rpc::CheckId("tenant", request.tenant());
  if (!named.ok()) return RefuseTokenStream(named);
  return new TokenStream(events, request.tenant());
}

grpc::ServerWriteReactor<v1::WatchTokensResponse>* RefuseTokenStream(
    const absl::Status& status) {
  return new RefusedStream(status);
}

}  // namespace u2fi::attestation
