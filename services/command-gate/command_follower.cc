#include "services/command-gate/command_follower.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

constexpr absl::Duration kSafetyRead = absl::Seconds(5);

gpr_timespec After(absl::Duration duration) {
  return gpr_time_add(
      gpr_now(GPR_CLOCK_MONOTONIC),
      gpr_time_from_millis(absl::ToInt64Milliseconds(duration), GPR_TIMESPAN));
}

}  // namespace

bool IsBatchName(absl::string_view name) {
  return absl::StartsWith(name, "batches/");
}

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
    const absl::StatusOr<GateService::Named> named =
        GateService::Parse(self->caller_, self->tenant_, self->name_);
    if (!named.ok()) {
      self->Hear(named.status());
      return;
    }
    self->Register(*named);
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

void CommandFollower::Register(const GateService::Named& named) {
  parts_.watchers.Listen(named.tenant);
  const auto on_change = [weak =
                              weak_from_this()](const StoredCommand& changed) {
    const auto self = weak.lock();
    if (self == nullptr) return;
    if (changed.exists()) {
      self->Hear(std::vector<StoredCommand>{changed});
    } else {
      self->parts_.executor.Schedule([self] { self->Hear(self->ReadAll()); });
    }
  };
  const std::string& id = named.command_id;
  auto watch = named.batch
                   ? parts_.watchers.AddForBatch(named.tenant, id, on_change)
                   : parts_.watchers.Add(named.tenant, id, on_change);
  MutexLock lock(mutex_);
  if (listener_ != nullptr) watch_.swap(watch);
}

absl::StatusOr<std::vector<StoredCommand>> CommandFollower::ReadAll() {
  ASSIGN_OR_RETURN(const StoredCommand first,
                   parts_.service.Find(caller_, tenant_, name_));
  if (IsBatchName(name_) && !first.row.batch_ids().empty()) {
    return parts_.service.commands().ReadBatch(first);
  }
  return std::vector<StoredCommand>{first};
}

void CommandFollower::ReadAndRepeat() {
  Hear(ReadAll());
  MutexLock lock(mutex_);
  if (listener_ == nullptr) return;
  safety_read_.Set(After(kSafetyRead), [weak = weak_from_this()](bool fired) {
    const auto self = weak.lock();
    if (!fired || self == nullptr) return;
    self->parts_.executor.Schedule([self] { self->ReadAndRepeat(); });
  });
}

void CommandFollower::Hear(
    const absl::StatusOr<std::vector<StoredCommand>>& now) {
  MutexLock lock(mutex_);
  if (listener_ != nullptr) listener_->OnCommands(now);
}

}  // namespace u2fi::command_gate
