#ifndef U2FI_SERVICES_COMMAND_GATE_WEBHOOKS_H_
#define U2FI_SERVICES_COMMAND_GATE_WEBHOOKS_H_

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "services/command-gate/webhook.h"

namespace u2fi::command_gate {

// All webhooks of a configuration, each with a thread of its own, so that none
// waits for another.
class Webhooks {
 public:
  struct Options {
    std::vector<Webhook::Options> webhooks;
    // Called once for each.
    std::function<std::unique_ptr<http::HttpsPoster>()> make_poster;
  };

  // They run from now on. All of `parts` must outlive it.
  Webhooks(const Webhook::Parts& parts, const Options& options);
  // Ends them within a second; what was not told yet is lost.
  ~Webhooks();
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

 private:
  std::vector<std::unique_ptr<Webhook>> webhooks_;
  std::vector<std::thread> threads_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_WEBHOOKS_H_
