#ifndef U2FI_TOOLS_DEVICE_EMULATOR_FAKE_CONSOLE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_FAKE_CONSOLE_H_

#include <string>
#include <vector>

#include "services/common/sync/sync.h"
#include "tools/device-emulator/console.h"

namespace u2fi::device {

// Remembers what was said, as `<device>: <line>`. Thread-safe.
class FakeConsole : public Console {
 public:
  void Say(const std::string& device, const std::string& line) override {
    MutexLock lock(mutex_);
    lines_.push_back(device + ": " + line);
  }
  std::vector<std::string> lines() const {
    MutexLock lock(mutex_);
    return lines_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_FAKE_CONSOLE_H_
