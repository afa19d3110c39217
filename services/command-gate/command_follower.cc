#include "services/command-gate/command_follower.h"

#include <utility>

namespace u2fi::command_gate {
namespace {

constexpr absl::Duration kSafetyRead = absl::Seconds(5);

gpr_timespec After(absl::Duration duration) {
  return gpr_time_add(
      gpr_now(GPR_CLOCK_MONOTONIC),
      gpr_time_from_millis(absl::ToInt64Milliseconds(duration), GPR_TIMESPAN));
}

}  // namespace

void CommandFollower::Start(absl::Duration timeout) {
  if (timeout != absl::InfiniteDuration()) {
    time_up_.Set(After(timeout), [self = shared_from_this()](bool fired) {
      MutexLock lock(self->mutex_);
      if (fired && self->listener_ != nullptr) self->listener_->OnTimeUp();
    });
  }
  parts_.executor.Schedule([self = shared_from_this()] {
    const absl::StatusOr<StoredCommand> command =
        self->parts_.service.Find(self->caller_, self->tenant_, self->name_);
    if (!command.ok()) {
      self->Hear(command);
      return;
    }
    self->Register(*command);
    self->ReadAndRepeat();
  });
}

void CommandFollower::Detach() {
  std::unique_ptr<CommandWatchers::Watch> watch;
  {
    MutexLock lock(mutex_);
    listener_ = nullptr;
    watch = std::move(watch_);
  }
  time_up_.Cancel();
  safety_read_.Cancel();
}

void CommandFollower::Register(const StoredCommand& command) {
  auto watch = parts_.watchers.Add(
      command.tenant, command.row.command_id(),
      [weak = weak_from_this()](const StoredCommand& changed) {
        if (const auto self = weak.lock()) self->Hear(changed);
      });
  MutexLock lock(mutex_);
  if (listener_ != nullptr) watch_.swap(watch);
}

void CommandFollower::ReadAndRepeat() {
  Hear(parts_.service.Find(caller_, tenant_, name_));
  MutexLock lock(mutex_);
  if (listener_ == nullptr) return;
  safety_read_.Set(After(kSafetyRead), [self = shared_from_this()](bool fired) {
    if (!fired) return;
    self->parts_.executor.Schedule([self] { self->ReadAndRepeat(); });
  });
}

void CommandFollower::Hear(const absl::StatusOr<StoredCommand>& command) {
  MutexLock lock(mutex_);
  if (listener_ != nullptr) listener_->OnCommand(command);
}

}  // namespace u2fi::command_gate
