#ifndef U2FI_TOOLS_DEVICE_EMULATOR_KIT_ENDPOINT_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_KIT_ENDPOINT_H_

#include <memory>
#include <utility>

#include "tools/device-emulator/device.h"
#include "tools/device-emulator/endpoint.h"

namespace u2fi::device {

// A device with the kit at the end of a link: payloads are messages of
// device.proto.
class KitEndpoint : public Endpoint {
 public:
  explicit KitEndpoint(std::unique_ptr<Device> device)
      : device_(std::move(device)) {}

  bool has_kit() const override { return true; }
  Payloads Connected() override;
  Payloads Receive(absl::string_view payload) override;
  Payloads Tick() override;
  // Events: 1 to 64 of [a-z0-9._-], and at most 2 KiB of JSON.
  absl::StatusOr<Payloads> Control(
      const std::vector<std::string>& words) override;
  std::string Describe() const override;

 private:
  const std::unique_ptr<Device> device_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_KIT_ENDPOINT_H_
