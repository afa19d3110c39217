#include "services/command-gate/wait_reactors.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "services/command-gate/command_view.h"
#include "services/command-gate/followed.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"
#include "services/common/sync/sync.h"
#include "services/common/time/proto_millis.h"

namespace u2fi::command_gate {
namespace {

constexpr int64_t kDefaultWaitMs = 60'000;
constexpr int64_t kMaxWaitMs = 300'000;

class WaitReactor : public grpc::ServerUnaryReactor,
                    public CommandFollower::Listener {
 public:
  WaitReactor(const CommandFollower::Parts& parts, const rpc::Caller& caller,
              const v1::WaitCommandRequest& request,
              v1::WaitCommandResponse* response)
      : view_(request.view()),
        response_(response),
        followed_(IsBatchName(request.name())),
        follower_(std::make_shared<CommandFollower>(
            parts, caller, request.tenant(), request.name(), this)) {
    const int64_t wait =
        request.has_timeout() ? ProtoMillis(request.timeout()) : kDefaultWaitMs;
    if (wait < 0 || wait > kMaxWaitMs) {
      End(FieldError("timeout", "is not 0 to 5 min"));
      return;
    }
    follower_->Start(absl::Milliseconds(wait));
  }

  void OnCancel() override { End(Error(reason::kCancelled, "cancelled")); }

  void OnDone() override {
    follower_->Detach();
    delete this;
  }

 private:
  void OnCommands(
      const absl::StatusOr<std::vector<StoredCommand>>& now) override {
    if (now.ok()) {
      MutexLock lock(mutex_);
      followed_.Take(*now);
      const bool late = time_up_ && followed_.complete();
      if (!followed_.final() && !late) return;
    }
    End(now.status());
  }

  void OnTimeUp() override {
    {
      MutexLock lock(mutex_);
      time_up_ = true;
      // The first read, which is under way, says whether there is any.
      if (!followed_.complete()) return;
    }
    End(absl::OkStatus());
  }

  void End(const absl::Status& status) {
    {
      MutexLock lock(mutex_);
      if (ended_) return;
      ended_ = true;
      if (status.ok() && followed_.complete()) FillResponse();
    }
    Finish(rpc::ToGrpcStatus(status));
  }

  void FillResponse() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    response_->set_done(followed_.final());
    if (followed_.batch()) {
      *response_->mutable_batch() = followed_.BatchView();
    } else {
      *response_->mutable_command() = ViewOf(followed_.first(), view_);
    }
  }

  const v1::CommandView view_;
  v1::WaitCommandResponse* const response_;
  Mutex mutex_;
  Followed followed_ ABSL_GUARDED_BY(mutex_);
  bool time_up_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  const std::shared_ptr<CommandFollower> follower_;
};

class WatchReactor : public grpc::ServerWriteReactor<v1::WatchCommandResponse>,
                     public CommandFollower::Listener {
 public:
  WatchReactor(const CommandFollower::Parts& parts, const rpc::Caller& caller,
               const v1::WatchCommandRequest& request)
      : followed_(IsBatchName(request.name())),
        follower_(std::make_shared<CommandFollower>(
            parts, caller, request.tenant(), request.name(), this)) {
    follower_->Start(absl::InfiniteDuration());
  }

  void OnWriteDone(bool ok) override {
    MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) ended_ = true;
    if (!queue_.empty()) queue_.pop_front();
    Next();
  }

  void OnCancel() override {
    MutexLock lock(mutex_);
    ended_ = true;
    Next();
  }

  void OnDone() override {
    follower_->Detach();
    delete this;
  }

 private:
  // Each change once: a state that was told already is not told again.
  void OnCommands(
      const absl::StatusOr<std::vector<StoredCommand>>& now) override {
    MutexLock lock(mutex_);
    if (ended_) return;
    if (now.ok()) {
      const bool begun = followed_.complete();
      const std::vector<const StoredCommand*> news = followed_.Take(*now);
      if (!followed_.complete()) return;
      if (followed_.batch() && !begun) {
        *queue_.emplace_back().mutable_batch() = followed_.BatchView();
      } else {
        for (const StoredCommand* command : news) Tell(command->row);
      }
    }
    status_ = now.status();
    ended_ = !now.ok() || followed_.final();
    Next();
  }

  void Tell(const records::v1::CommandRow& row)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    v1::WatchCommandResponse& response = queue_.emplace_back();
    *response.mutable_command() = ViewOf(row, v1::COMMAND_VIEW_BASIC);
    if (followed_.batch()) *response.mutable_batch() = followed_.BatchView();
  }

  void OnTimeUp() override {}

  // At most one write is in flight; the end comes after the last one.
  void Next() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return;
    if (!queue_.empty()) {
      writing_ = true;
      StartWrite(&queue_.front());
    } else if (ended_) {
      finished_ = true;
      Finish(rpc::ToGrpcStatus(status_));
    }
  }

  Mutex mutex_;
  Followed followed_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::WatchCommandResponse> queue_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  const std::shared_ptr<CommandFollower> follower_;
};

}  // namespace

grpc::ServerUnaryReactor* StartWait(const CommandFollower::Parts& parts,
                                    const rpc::Caller& caller,
                                    const v1::WaitCommandRequest& request,
                                    v1::WaitCommandResponse* response) {
  return new WaitReactor(parts, caller, request, response);
}

grpc::ServerWriteReactor<v1::WatchCommandResponse>* StartWatch(
    const CommandFollower::Parts& parts, const rpc::Caller& caller,
    const v1::WatchCommandRequest& request) {
  return new WatchReactor(parts, caller, request);
}

}  // namespace u2fi::command_gate
