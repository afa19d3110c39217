#ifndef U2FI_TOOLS_DEVICE_EMULATOR_ENDPOINT_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_ENDPOINT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::device {

// The device's end of its link: payloads in, payloads out. Not thread-safe.
class Endpoint {
 public:
  using Payloads = std::vector<std::string>;

  virtual ~Endpoint() = default;

  // Whether the device has the kit: it decides over topics and QoS.
  virtual bool has_kit() const = 0;

  // What it says first on a new connection.
  virtual Payloads Connected() = 0;

  // Answers to one payload from the agent.
  virtual Payloads Receive(absl::string_view payload) = 0;

  // What it says by itself; called about once a second.
  virtual Payloads Tick() = 0;

  // What a person does at the device: `reset`, `renew`, or `event` with a name
  // and arguments. INVALID_FIELD for what the device does not have.
  virtual absl::StatusOr<Payloads> Control(
      const std::vector<std::string>& words) = 0;

  // One line for people: what it is and whom it obeys.
  virtual std::string Describe() const = 0;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_ENDPOINT_H_
