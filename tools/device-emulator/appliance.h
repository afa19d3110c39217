#ifndef U2FI_TOOLS_DEVICE_EMULATOR_APPLIANCE_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_APPLIANCE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

namespace u2fi::device {

// The thing that a device controls. Models and their operations, besides
// `device.identify`, `settings.set {name, value}` and `firmware.update
// {version}`, which all have:
//   camera    camera.on, camera.off, camera.snapshot (only while on)
//   bulb      bulb.on, bulb.off, bulb.set {brightness: 0..100}
//   lock      lock.lock, lock.unlock
//   terminal  pay {amount_cents, currency, payee}
// What it did is gone when it is switched off. Not thread-safe.
class Appliance {
 public:
  // The names above.
  static std::vector<std::string> Models();

  // INVALID_FIELD for a model that does not exist.
  static absl::StatusOr<Appliance> Create(absl::string_view model);

  // Whether the operation can be begun. `arguments` is the JSON of a command;
  // empty means {}. OPERATION_UNKNOWN; ARGUMENTS_FORMAT unless it is one JSON
  // object with exactly the arguments above, each once, in their bounds.
  absl::Status Check(absl::string_view operation,
                     absl::string_view arguments) const;

  // Does it; Check() has allowed it. The answer is JSON, at most 1,000 bytes of
  // ASCII. DEVICE_STATE if it cannot be done now.
  absl::StatusOr<std::string> Execute(absl::string_view operation,
                                      absl::string_view arguments);

  const std::string& model() const { return model_; }
  std::vector<std::string> operations() const;

 private:
  explicit Appliance(absl::string_view model) : model_(model) {}

  std::string model_;
  nlohmann::json state_ = nlohmann::json::object();
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_APPLIANCE_H_
