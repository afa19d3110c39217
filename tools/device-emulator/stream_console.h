#ifndef U2FI_TOOLS_DEVICE_EMULATOR_STREAM_CONSOLE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_STREAM_CONSOLE_H_

#include <ostream>
#include <string>

#include "services/common/proof/visible_text.h"
#include "services/common/sync/sync.h"
#include "tools/device-emulator/console.h"

namespace u2fi::device {

// Prints a line for each saying, with nothing in it that moves or hides other
// text, whatever came over the broker. `stream` must outlive this object.
// Thread-safe.
class StreamConsole : public Console {
 public:
  explicit StreamConsole(std::ostream& stream) : stream_(stream) {}

  void Say(const std::string& device, const std::string& line) override {
    MutexLock lock(mutex_);
    stream_ << device << ": " << proof::VisibleText(line) << std::endl;
  }

 private:
  Mutex mutex_;
  std::ostream& stream_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_STREAM_CONSOLE_H_
