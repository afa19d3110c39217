#ifndef U2FI_SERVICES_GATEWAY_AGENT_FAKE_MESH_H_
#define U2FI_SERVICES_GATEWAY_AGENT_FAKE_MESH_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "services/common/sync/sync.h"
#include "services/gateway-agent/mesh_sender.h"

namespace u2fi::gateway_agent {

// The mesh as the desks see it: everything arrives, and is kept.
class FakeMesh : public MeshSender {
 public:
  using Message = gateway::v1::GatewayMessage;

  void Send(Message message) override {
    MutexLock lock(mutex_);
    messages_.push_back(std::move(message));
    changed_.NotifyAll();
  }

  // Everything since the last call.
  std::vector<Message> Take() {
    MutexLock lock(mutex_);
    return std::exchange(messages_, {});
  }

  // Blocks until a message of this kind is there, and takes it and all before
  // it. The test's own time limit ends a wait for what never comes.
  Message WaitFor(Message::BodyCase body) {
    MutexLock lock(mutex_);
    while (true) {
      while (!messages_.empty()) {
        Message first = std::move(messages_.front());
        messages_.erase(messages_.begin());
        if (first.body_case() == body) return first;
      }
      changed_.Wait(mutex_);
    }
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<Message> messages_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_FAKE_MESH_H_
