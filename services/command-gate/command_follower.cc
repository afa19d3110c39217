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
    // Weak: an alarm keeps its callback for as long as it lives itself.
    time_up_.Set(After(timeout), [weak = weak_from_this()](bool fired) {
      const auto self = weak.lock();
      if (!fired || self == nullptr) return;
      MutexLock lock(self->mutex_);
      if (self->listener_ != nullptr) self->listener_->OnTimeUp();
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
  parts_.watchers.Listen(command.tenant);
  auto watch = parts_.watchers.Add(
      command.tenant, command.row.command_id(),
      [weak = weak_from_this()](const StoredCommand& changed) {
        const auto self = weak.lock();
        if (self == nullptr) return;
        if (changed.exists()) {
          self->Hear(changed);
        } else {
          self->parts_.executor.Schedule([self] { self->Read(); });
        }
      });
  MutexLock lock(mutex_);
  if (listener_ != nullptr) watch_.swap(watch);
}

void CommandFollower::ReadAndRepeat() {
  Read();
  MutexLock lock(mutex_);
  if (listener_ == nullptr) return;
  safety_read_.Set(After(kSafetyRead), [weak = weak_from_this()](bool fired) {
    const auto self = weak.lock();
    if (!fired || self == nullptr) return;
    self->parts_.executor.Schedule([self] { self->ReadAndRepeat(); });
  });
}

void CommandFollower::Hear(const absl::StatusOr<StoredCommand>& command) {
  MutexLock lock(mutex_);
  if (listener_ != nullptr) listener_->OnCommand(command);
}

}  // namespace u2fi::command_gate
