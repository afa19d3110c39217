#ifndef U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_LINK_H_
#define U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_LINK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/mqtt/topics.h"
#include "services/common/sync/sync.h"
#include "tools/device-emulator/console.h"
#include "tools/device-emulator/endpoint.h"

namespace u2fi::device {

// One device on the broker: its topics, its presence, one thing at a time.
// Thread-safe.
class DeviceLink {
 public:
  // The will that its client must have.
  static mqtt::Message Will(const mqtt::GatewayTopics& topics,
                            const std::string& device);

  // `client` is not started and belongs to the link from now on; `console`
  // must outlive it.
  DeviceLink(std::string device, mqtt::GatewayTopics topics,
             std::unique_ptr<mqtt::MqttClient> client,
             std::unique_ptr<Endpoint> endpoint, Console& console);
  // Says that the device is offline, and disconnects.
  ~DeviceLink();

  void Tick();
  absl::Status Control(const std::vector<std::string>& words);
  // One line for people.
  std::string Describe() const;

 private:
  void OnConnection(bool connected);
  void OnMessage(const mqtt::Message& message);
  void PublishPresence(absl::string_view presence);
  void Publish(const Endpoint::Payloads& payloads,
               const std::string& correlation = "");

  const std::string device_;
  const mqtt::GatewayTopics topics_;
  Console& console_;
  mutable Mutex mutex_;
  const std::unique_ptr<Endpoint> endpoint_ ABSL_PT_GUARDED_BY(mutex_);
  const bool has_kit_;
  // Last: its handlers end before the rest goes.
  std::unique_ptr<mqtt::MqttClient> client_;
};

}  // namespace u2fi::device

#endif  // U2FI_TOOLS_DEVICE_EMULATOR_DEVICE_LINK_H_
