#include "services/command-gate/wait_reactors.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "google/protobuf/util/time_util.h"
#include "services/command-gate/command_states.h"
#include "services/command-gate/command_view.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/status/error.h"
#include "services/common/sync/sync.h"

namespace u2fi::command_gate {
namespace {

using ::google::protobuf::util::TimeUtil;

constexpr int64_t kDefaultWaitMs = 60'000;
constexpr int64_t kMaxWaitMs = 300'000;

// OK if `name` is something that can be followed.
absl::Status CheckFollowed(const std::string& name) {
  if (!absl::StartsWith(name, "batches/")) return absl::OkStatus();
  return Error(reason::kUnimplemented,
               "following a batch is not there yet; follow its commands");
}

class WaitReactor : public grpc::ServerUnaryReactor,
                    public CommandFollower::Listener {
 public:
  WaitReactor(const CommandFollower::Parts& parts, const rpc::Caller& caller,
              const v1::WaitCommandRequest& request,
              v1::WaitCommandResponse* response)
      : view_(request.view()),
        response_(response),
        follower_(std::make_shared<CommandFollower>(
            parts, caller, request.tenant(), request.name(), this)) {
    const int64_t wait =
        request.has_timeout()
            ? TimeUtil::DurationToMilliseconds(request.timeout())
            : kDefaultWaitMs;
    absl::Status status = CheckFollowed(request.name());
    if (wait < 0 || wait > kMaxWaitMs) {
      status = FieldError("timeout", "is not 0 to 5 min");
    }
    if (!status.ok()) {
      End(status);
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
  void OnCommand(const absl::StatusOr<StoredCommand>& command) override {
    if (!command.ok()) {
      End(command.status());
      return;
    }
    {
      MutexLock lock(mutex_);
      if (ended_) return;
      *response_->mutable_command() = ViewOf(command->row, view_);
      response_->set_done(IsFinal(command->row.state()));
      if (!response_->done()) return;
    }
    End(absl::OkStatus());
  }

  void OnTimeUp() override { End(absl::OkStatus()); }

  void End(const absl::Status& status) {
    {
      MutexLock lock(mutex_);
      if (ended_) return;
      ended_ = true;
    }
    Finish(rpc::ToGrpcStatus(status));
  }

  const v1::CommandView view_;
  v1::WaitCommandResponse* const response_;
  const std::shared_ptr<CommandFollower> follower_;
  Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

class WatchReactor : public grpc::ServerWriteReactor<v1::WatchCommandResponse>,
                     public CommandFollower::Listener {
 public:
  WatchReactor(const CommandFollower::Parts& parts, const rpc::Caller& caller,
               const v1::WatchCommandRequest& request)
      : follower_(std::make_shared<CommandFollower>(
            parts, caller, request.tenant(), request.name(), this)) {
    const absl::Status status = CheckFollowed(request.name());
    if (status.ok()) {
      follower_->Start(absl::InfiniteDuration());
    } else {
      WatchReactor::OnCommand(status);
    }
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
  void OnCommand(const absl::StatusOr<StoredCommand>& command) override {
    MutexLock lock(mutex_);
    if (ended_) return;
    if (!command.ok()) {
      status_ = command.status();
      ended_ = true;
    } else if (command->version > told_ || command->epoch != epoch_) {
      told_ = command->version;
      epoch_ = command->epoch;
      v1::WatchCommandResponse response;
      *response.mutable_command() =
          ViewOf(command->row, v1::COMMAND_VIEW_BASIC);
      queue_.push_back(std::move(response));
      ended_ = IsFinal(command->row.state());
    }
    Next();
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

  const std::shared_ptr<CommandFollower> follower_;
  Mutex mutex_;
  std::deque<v1::WatchCommandResponse> queue_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  // Versions of another epoch cannot be compared.
  store::Version told_ ABSL_GUARDED_BY(mutex_) = store::kAbsent;
  store::Epoch epoch_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
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
