#include "services/device-registry/registry_module.h"

#include "absl/time/time.h"
#include "services/common/logging/logging.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device_registry {
namespace {

constexpr absl::Duration kSweepEvery = absl::Seconds(1);

CoreParts CorePartsOf(const RegistryParts& parts, audit::Decider& decider) {
  return {parts.store, decider,      parts.clock,  parts.random,
          parts.rp_id, parts.tokens, parts.origins};
}

}  // namespace

RegistryModule::RegistryModule(const RegistryParts& parts)
    : executor_(parts.threads),
      lost_(IsAboutGateway),
      deciders_(parts.store, parts.clock, parts.random, executor_, kService,
                lost_.Hook()),
      core_(CorePartsOf(parts, deciders_)),
      lost_gateways_(core_.gateways(), lost_),
      server_(core_, executor_) {}

RegistryModule::~RegistryModule() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
    stop_changed_.NotifyAll();
  }
  if (sweeping_.joinable()) sweeping_.join();
}

absl::Status RegistryModule::Start() {
  RETURN_IF_ERROR(core_.Start());
  sweeping_ = std::thread([this] { SweepUntilStopped(); });
  return absl::OkStatus();
}

void RegistryModule::SweepUntilStopped() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (!stop_) stop_changed_.WaitFor(mutex_, kSweepEvery);
      if (stop_) return;
    }
    const absl::Status taken = lost_gateways_.Apply();
    if (!taken.ok()) {
      logging::Warning("gateways that a failover let in are still active",
                       {{"cause", taken.ToString()}});
    }
    const absl::StatusOr<int> swept = core_.sweeper().Sweep();
    if (!swept.ok()) {
      logging::Warning("sweeping failed",
                       {{"cause", swept.status().ToString()}});
    }
  }
}

}  // namespace u2fi::device_registry
