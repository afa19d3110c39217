#ifndef U2FI_SERVICES_GATEWAY_AGENT_HIDRAW_TOKENS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_HIDRAW_TOKENS_H_

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "services/common/random/random_source.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/hidraw_bus.h"
#include "services/gateway-agent/token.h"

namespace u2fi::gateway_agent {

// FIDO keys among the hidraw devices, found by their report descriptors
// (usage page 0xF1D0). What a descriptor said is remembered until OnDevice().
class HidrawTokens : public TokenFinder {
 public:
  // `clock` is the machine's; all three must outlive this object and what it
  // finds.
  HidrawTokens(HidrawBus& bus, const Clock& clock, RandomSource& random)
      : bus_(bus), clock_(clock), random_(random) {}

  std::vector<std::unique_ptr<Token>> Find(
      const std::set<std::string>& busy) override;
  std::vector<std::string> Ports() override;
  void SetOnChange(std::function<void()> changed) override;

  // The device `name` came, went, or may be opened by others than before: what
  // was known of it is forgotten; an empty name means any. Thread-safe.
  void OnDevice(const std::string& name);

 private:
  bool IsFido(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  HidrawBus& bus_;
  const Clock& clock_;
  RandomSource& random_;
  Mutex mutex_;
  std::map<std::string, bool> fido_ ABSL_GUARDED_BY(mutex_);
  // Held while the callback runs, so that it ends before it is replaced.
  Mutex change_mutex_;
  std::function<void()> on_change_ ABSL_GUARDED_BY(change_mutex_);
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_HIDRAW_TOKENS_H_
