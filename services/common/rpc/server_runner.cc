#include "services/common/rpc/server_runner.h"

#include <algorithm>
#include <utility>

#include "services/common/config/signals.h"
#include "services/common/logging/logging.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

constexpr absl::Duration kMinute = absl::Minutes(1);

}  // namespace

void ServerRunner::Add(std::unique_ptr<Server> server) {
  servers_.push_back(std::move(server));
}

void ServerRunner::SetHealth(std::unique_ptr<HealthServer> health) {
  health_ = std::move(health);
}

void ServerRunner::OnDrain(std::function<void(absl::Time)> drain) {
  drains_.push_back(std::move(drain));
}

void ServerRunner::EveryMinute(std::function<void()> task) {
  tasks_.push_back(std::move(task));
}

void ServerRunner::Serve() {
  const config::SignalThread signals([this] { Stop(); });
  if (health_ != nullptr) health_->SetAllServing(true);
  logging::Info("serving");
  WorkUntilStop();
  logging::Info("stopping");
  const absl::Time deadline = SystemClock().Now() + grace_;
  if (health_ != nullptr) health_->SetAllServing(false);
  for (const auto& drain : drains_) drain(deadline);
  for (const auto& server : servers_) {
    server->Shutdown(
        std::max(absl::ZeroDuration(), deadline - SystemClock().Now()));
  }
  servers_.clear();
  logging::Info("stopped");
}

void ServerRunner::Stop() {
  MutexLock lock(mutex_);
  stop_ = true;
  changed_.NotifyAll();
}

void ServerRunner::WorkUntilStop() {
  do {
    for (const auto& task : tasks_) task();
  } while (!WaitForStop());
}

bool ServerRunner::WaitForStop() {
  MutexLock lock(mutex_);
  bool in_time = true;
  while (!stop_ && in_time) in_time = changed_.WaitFor(mutex_, kMinute);
  return stop_;
}

}  // namespace u2fi::rpc
