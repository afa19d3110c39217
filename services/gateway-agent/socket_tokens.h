#ifndef U2FI_SERVICES_GATEWAY_AGENT_SOCKET_TOKENS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_SOCKET_TOKENS_H_

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/token.h"

namespace u2fi::gateway_agent {

// Soft tokens behind the Unix sockets at fixed paths. A socket where nobody
// listens is a key that is not plugged in. It cannot tell when one comes.
class SocketTokens : public TokenFinder {
 public:
  // `clock` is the machine's; it and `random` must outlive this object and
  // what it finds.
  SocketTokens(std::vector<std::string> paths, const Clock& clock,
               RandomSource& random)
      : paths_(std::move(paths)), clock_(clock), random_(random) {}

  std::vector<std::unique_ptr<Token>> Find(
      const std::set<std::string>& busy) override;
  std::vector<std::string> Ports() override;
  void SetOnChange(std::function<void()>) override {}

 private:
  const std::vector<std::string> paths_;
  const Clock& clock_;
  RandomSource& random_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_SOCKET_TOKENS_H_
