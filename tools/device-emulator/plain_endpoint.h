#ifndef U2FI_TOOLS_DEVICE_EMULATOR_PLAIN_ENDPOINT_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_PLAIN_ENDPOINT_H_

#include <functional>
#include <string>
#include <utility>

#include "tools/device-emulator/appliance.h"
#include "tools/device-emulator/console.h"
#include "tools/device-emulator/device_storage.h"
#include "tools/device-emulator/endpoint.h"

namespace u2fi::device {

// A device without the kit, as they are sold today: it does whatever the
// broker delivers, as often as it comes. Payloads are the JSON of
// services/common/mqtt/README.md. Only the agent and the broker's access list
// stand before it.
class PlainEndpoint : public Endpoint {
 public:
  // `storage` and `console` must outlive it; of the storage it uses the
  // journal. `act` is called while it acts; it may be empty.
  PlainEndpoint(std::string device, Appliance appliance, DeviceStorage& storage,
                Console& console, std::function<void()> act)
      : device_(std::move(device)),
        appliance_(std::move(appliance)),
        storage_(storage),
        console_(console),
        act_(std::move(act)) {}

  bool has_kit() const override { return false; }
  Payloads Connected() override { return {}; }
  Payloads Receive(absl::string_view payload) override;
  Payloads Tick() override { return {}; }
  // It has no button.
  absl::StatusOr<Payloads> Control(
      const std::vector<std::string>& words) override;
  std::string Describe() const override;

 private:
  std::string Execute(const std::string& command, const std::string& operation,
                      const std::string& arguments);

  const std::string device_;
  Appliance appliance_;
  DeviceStorage& storage_;
  Console& console_;
  const std::function<void()> act_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_PLAIN_ENDPOINT_H_
