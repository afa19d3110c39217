#ifndef U2FI_SERVICES_GATEWAY_AGENT_NOTICES_H_
#define U2FI_SERVICES_GATEWAY_AGENT_NOTICES_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "u2fi/gateway/v1/link.pb.h"

namespace u2fi::gateway_agent {

// Messages to the mesh that only tell that something has begun: a question
// arrived, a command was accepted. The message that ends it says the same, so a
// notice waits a little for it, and is not sent if it comes. In the order in
// which they came; not thread-safe.
class Notices {
 public:
  // With more, the oldest is forgotten: the mesh can do without.
  static constexpr size_t kMost = 1024;

  // Keeps the message if it is a notice; else it is left alone, and the notice
  // that it stands for is forgotten. Whether it was kept.
  bool Take(gateway::v1::GatewayMessage& message);

  // Those that came before the last call of Due(), to be sent now.
  std::vector<gateway::v1::GatewayMessage> Due();

  bool empty() const { return waiting_.empty(); }
  void Clear();

 private:
  struct Notice {
    std::string begun;
    gateway::v1::GatewayMessage message;
  };

  void Forget(const std::string& begun);

  std::deque<Notice> waiting_;
  // How many of the first ones Due() has seen.
  size_t seen_ = 0;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_NOTICES_H_
