#ifndef U2FI_TESTS_E2E_RELAY_H_
#define U2FI_TESTS_E2E_RELAY_H_

#include <atomic>
#include <functional>
#include <utility>

#include "services/common/sync/sync.h"
#include "services/gateway-agent/mesh_sender.h"

namespace u2fi::e2e {

// Passes on to a link that is made later: the desks send through it, and the
// link knows them by pointer. Thread-safe.
class Relay : public gateway_agent::MeshSender {
 public:
  // `link` may be nullptr: then nothing goes up.
  void SetLink(gateway_agent::MeshSender* link) { link_ = link; }

  // From now on `tap` sees every message before it goes up; it may change it,
  // and keeps it back by returning false. Empty: none.
  using Tap = std::function<bool(gateway::v1::GatewayMessage&)>;
  void SetTap(Tap tap) {
    MutexLock lock(mutex_);
    tap_ = std::move(tap);
  }

  void Send(gateway::v1::GatewayMessage message) override {
    Tap tap;
    {
      MutexLock lock(mutex_);
      tap = tap_;
    }
    if (!tap || tap(message)) SendUp(std::move(message));
  }

  // Past the tap.
  void SendUp(gateway::v1::GatewayMessage message) {
    gateway_agent::MeshSender* const link = link_;
    if (link != nullptr) link->Send(std::move(message));
  }

 private:
  Mutex mutex_;
  Tap tap_ ABSL_GUARDED_BY(mutex_);
  std::atomic<gateway_agent::MeshSender*> link_{nullptr};
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_RELAY_H_
