#ifndef U2FI_SERVICES_GATEWAY_AGENT_DEVICE_QUOTA_H_
#define U2FI_SERVICES_GATEWAY_AGENT_DEVICE_QUOTA_H_

#include <cstddef>
#include <map>
#include <string>

#include "services/common/sync/sync.h"

namespace u2fi::gateway_agent {

// How much of what each device said may wait: a device that floods the broker
// takes neither the agent's memory nor the others' turn. Thread-safe.
class DeviceQuota {
 public:
  // Per device. The results of a batch of 1,000 commands fit.
  static constexpr size_t kMaxBytes = 512 << 10;
  // What a message costs beside its bytes.
  static constexpr size_t kOverhead = 128;

  // A message of `size` bytes is to wait. False if it must be dropped.
  bool Take(const std::string& device, size_t size) {
    MutexLock lock(mutex_);
    const auto found = bytes_.find(device);
    const size_t before = found == bytes_.end() ? 0 : found->second;
    if (before + size + kOverhead > kMaxBytes) return false;
    bytes_[device] = before + size + kOverhead;
    return true;
  }

  // It waits no more. Exactly once after each Take() that was true.
  void Give(const std::string& device, size_t size) {
    MutexLock lock(mutex_);
    const auto found = bytes_.find(device);
    found->second -= size + kOverhead;
    if (found->second == 0) bytes_.erase(found);
  }

  // Devices of which something waits.
  size_t devices() const {
    MutexLock lock(mutex_);
    return bytes_.size();
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, size_t> bytes_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_DEVICE_QUOTA_H_
