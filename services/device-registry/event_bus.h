#ifndef U2FI_SERVICES_DEVICE_REGISTRY_EVENT_BUS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_EVENT_BUS_H_

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "u2fi/device_registry/v1/mesh.pb.h"

namespace u2fi::device_registry {

// Tells all replicas what changed, over the store's hints, and passes on what
// it hears, own events included. Events can get lost: they say what to read
// again, never what is. Thread-safe.
class EventBus {
 public:
  // Nothing: events may have been missed.
  using Event = absl::optional<v1::WatchEventsResponse>;
  using Callback = std::function<void(const Event&)>;

  struct Filter {
    // Id of the tenant; empty: all tenants.
    std::string tenant;
    // Empty: all kinds.
    std::set<v1::EventKind> kinds;
  };

  // Keeps a callback while it lives. Its destructor waits for a call that is
  // running, so the callback must not destroy it.
  class Watch {
   public:
    Watch(EventBus& bus, Filter filter, Callback callback);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class EventBus;
    EventBus& bus_;
    const Filter filter_;
    const Callback callback_;
  };

  // `store` must outlive this object.
  explicit EventBus(store::Store& store) : store_(store) {}

  // Begins to hear. Errors are the store's; may be tried again.
  absl::Status Start();

  // Sends `event`, whose tenant and kind are set. If it cannot be sent those
  // who watch here hear of a gap; others hear nothing until their connection to
  // the store breaks too.
  void Publish(const v1::WatchEventsResponse& event);

  // Calls `callback` for each event of the filter and for each gap, one call
  // at a time, on a thread of the store or of who publishes: it hands over and
  // returns. All
  // watches must be gone before the bus.
  std::unique_ptr<Watch> Subscribe(Filter filter, Callback callback);

 private:
  void OnHint(const store::Hint& hint);
  void Deliver(const Event& event);

  store::Store& store_;
  Mutex mutex_;
  std::set<Watch*> watches_ ABSL_GUARDED_BY(mutex_);
  // Last, so that it goes first: no hint comes afterwards.
  std::unique_ptr<store::Subscription> subscription_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_EVENT_BUS_H_
