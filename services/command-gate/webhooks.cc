#include "services/command-gate/webhooks.h"

namespace u2fi::command_gate {

Webhooks::Webhooks(const Webhook::Parts& parts, const Options& options) {
  for (const Webhook::Options& one : options.webhooks) {
    webhooks_.push_back(
        std::make_unique<Webhook>(parts, options.make_poster(), one));
    threads_.emplace_back(
        [webhook = webhooks_.back().get()] { webhook->Run(); });
  }
}

Webhooks::~Webhooks() {
  for (const auto& webhook : webhooks_) webhook->Stop();
  for (std::thread& thread : threads_) thread.join();
}

}  // namespace u2fi::command_gate
