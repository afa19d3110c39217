#ifndef U2FI_TOOLS_DEVICE_EMULATOR_EMULATOR_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_EMULATOR_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/mqtt/broker_options.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/time/clock.h"
#include "tools/device-emulator/console.h"
#include "tools/device-emulator/device_link.h"
#include "tools/device-emulator/file_device_storage.h"

namespace u2fi::device {

// A device to emulate: `camera-1=camera`, or `bulb-1=bulb:plain` for one
// without the kit.
struct DeviceSpec {
  std::string id;
  std::string model;
  bool has_kit = true;
};

// INVALID_FIELD unless `text` is such a specification.
absl::StatusOr<DeviceSpec> ParseDeviceSpec(absl::string_view text);

// Many emulated devices in one process, each with a folder, a link file and a
// connection of its own. Call it from one thread.
class Emulator {
 public:
  using ClientFactory =
      std::function<absl::StatusOr<std::unique_ptr<mqtt::MqttClient>>(
          const mqtt::BrokerOptions&)>;
  struct Options {
    std::vector<DeviceSpec> devices;
    // <state>/<device>/ is the device's folder.
    std::string state;
    // <links>/<device>.json is its link file, which may come later.
    std::string links;
    // Called while a device acts. May be empty.
    std::function<void()> act;
  };

  // `clock` and `console` must outlive the emulator.
  Emulator(Options options, const Clock& clock, Console& console,
           ClientFactory make_client)
      : options_(std::move(options)),
        clock_(clock),
        console_(console),
        make_client_(std::move(make_client)) {}

  // To be called about once a second: connects devices whose link file came or
  // changed, and lets the others do what is due. A device whose state or link
  // cannot be used is left out and says why, once.
  void Tick();

  // One command of a person: `list`, or `reset|renew|event DEVICE …`. The
  // answer is for people.
  std::string Command(absl::string_view line);

 private:
  struct Hosted {
    // Text of the link file that the rest was made from.
    std::string link_text;
    std::string trouble;
    // In this order: the link uses the storage.
    std::unique_ptr<FileDeviceStorage> storage;
    std::unique_ptr<DeviceLink> link;
  };

  void Refresh(const DeviceSpec& spec, Hosted& hosted);
  absl::Status Open(const DeviceSpec& spec, Hosted& hosted);
  absl::StatusOr<std::unique_ptr<Endpoint>> MakeEndpoint(
      const DeviceSpec& spec, const std::string& gateway,
      FileDeviceStorage& storage) const;
  std::string List() const;

  const Options options_;
  const Clock& clock_;
  Console& console_;
  const ClientFactory make_client_;
  std::map<std::string, Hosted> hosted_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_EMULATOR_H_
