#ifndef U2FI_TESTS_E2E_RELAY_H_
#define U2FI_TESTS_E2E_RELAY_H_

#include <atomic>
#include <utility>

#include "services/gateway-agent/mesh_sender.h"

namespace u2fi::e2e {

// Passes on to a link that is made later: the desks send through it, and the
// link knows them by pointer. Thread-safe.
class Relay : public gateway_agent::MeshSender {
 public:
  // `link` may be nullptr: then nothing goes up.
  void SetLink(gateway_agent::MeshSender* link) { link_ = link; }

  void Send(gateway::v1::GatewayMessage message) override {
    gateway_agent::MeshSender* const link = link_;
    if (link != nullptr) link->Send(std::move(message));
  }

 private:
  std::atomic<gateway_agent::MeshSender*> link_{nullptr};
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_RELAY_H_
