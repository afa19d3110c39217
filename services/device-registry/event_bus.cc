#include "services/device-registry/event_bus.h"

#include <utility>

#include "services/common/status/status_macros.h"
#include "services/device-registry/tenant_directory.h"

namespace u2fi::device_registry {
namespace {

constexpr char kTopic[] = "events";

bool Wants(const EventBus::Filter& filter,
           const v1::WatchEventsResponse& event) {
  if (!filter.tenant.empty() && filter.tenant != event.tenant()) return false;
  return filter.kinds.empty() || filter.kinds.count(event.kind()) != 0;
}

}  // namespace

EventBus::Watch::Watch(EventBus& bus, Filter filter, Callback callback)
    : bus_(bus), filter_(std::move(filter)), callback_(std::move(callback)) {
  MutexLock lock(bus_.mutex_);
  bus_.watches_.insert(this);
}

EventBus::Watch::~Watch() {
  MutexLock lock(bus_.mutex_);
  bus_.watches_.erase(this);
}

absl::Status EventBus::Start() {
  ASSIGN_OR_RETURN(const store::Partition partition, SharedPartition());
  ASSIGN_OR_RETURN(
      subscription_,
      store_.Subscribe(partition, kTopic,
                       [this](const store::Hint& hint) { OnHint(hint); }));
  return absl::OkStatus();
}

void EventBus::Publish(const v1::WatchEventsResponse& event) {
  const auto partition = SharedPartition();
  if (!partition.ok()) return;
  const absl::Status sent =
      store_.Publish(*partition, kTopic, event.SerializeAsString());
  // Nothing else would make those who watch ask again: a gateway that was
  // suspended would stay.
  if (!sent.ok()) Deliver(Event());
}

std::unique_ptr<EventBus::Watch> EventBus::Subscribe(Filter filter,
                                                     Callback callback) {
  return std::make_unique<Watch>(*this, std::move(filter), std::move(callback));
}

void EventBus::OnHint(const store::Hint& hint) {
  v1::WatchEventsResponse event;
  const bool understood =
      !hint.read_again && event.ParseFromString(hint.payload);
  Deliver(understood ? Event(std::move(event)) : Event());
}

void EventBus::Deliver(const Event& event) {
  MutexLock lock(mutex_);
  for (const Watch* const watch : watches_) {
    if (!event.has_value() || Wants(watch->filter_, *event)) {
      watch->callback_(event);
    }
  }
}

}  // namespace u2fi::device_registry
