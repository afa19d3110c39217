#ifndef U2FI_TOOLS_DEVICE_EMULATOR_CONSOLE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_CONSOLE_H_

#include <string>

namespace u2fi::device {

// Where devices say in plain words what they do. Thread-safe.
class Console {
 public:
  virtual ~Console() = default;
  // One line about one device, without line end and without secrets.
  virtual void Say(const std::string& device, const std::string& line) = 0;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_CONSOLE_H_
