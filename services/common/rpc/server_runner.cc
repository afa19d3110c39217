#include "services/common/rpc/server_runner.h"

#include <algorithm>
#include <utility>

#include "services/common/config/signals.h"
#include "services/common/logging/logging.h"
#include "services/common/time/clock.h"

namespace u2fi::rpc {
namespace {

constexpr absl::Duration kRound = absl::Seconds(10);
constexpr int kRoundsOfAMinute = 6;

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
  tasks_.push_back({kRoundsOfAMinute, std::move(task)});
}

void ServerRunner::EveryTenSeconds(std::function<void()> task) {
  tasks_.push_back({1, std::move(task)});
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
  int round = 0;
  do {
    for (const Task& task : tasks_) {
      if (round % task.rounds == 0) task.run();
    }
    round = (round + 1) % kRoundsOfAMinute;
  } while (!WaitForStop());
}

bool ServerRunner::WaitForStop() {
  MutexLock lock(mutex_);
  bool in_time = true;
  while (!stop_ && in_time) in_time = changed_.WaitFor(mutex_, kRound);
  return stop_;
}

}  // namespace u2fi::rpc
