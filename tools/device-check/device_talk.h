#ifndef U2FI_TOOLS_DEVICE_CHECK_DEVICE_TALK_H_
#define U2FI_TOOLS_DEVICE_CHECK_DEVICE_TALK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/mqtt/topics.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "tools/device-check/check_case.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::device_check {

// Plays the agent of one device with the kit over MQTT: one question at a time.
// Not thread-safe; blocks until the device answers.
class DeviceTalk {
 public:
  // `client`, which is not started yet, connects as the agent's user. `clock`
  // must outlive this object. A device that says nothing for `patience` is
  // BROKER_UNAVAILABLE.
  DeviceTalk(std::unique_ptr<mqtt::MqttClient> client, const Clock& clock,
             absl::Duration patience);

  // Connects, and waits for the device.
  absl::StatusOr<device::v1::Hello> Start();

  // What the device is and believes now.
  absl::StatusOr<device::v1::Hello> AskHello();

  // Plays the case to the device, which has its pin set (or is blank). The
  // reason for which it was refused; empty: accepted. A device that verified a
  // command and does not have the operation has accepted it.
  absl::StatusOr<std::string> Play(const CheckCase& c);

 private:
  void OnMessage(const mqtt::Message& message);
  void Send(const device::v1::ToDevice& message);
  // Sends, and waits for an answer of that kind. What the device said before is
  // forgotten.
  absl::StatusOr<device::v1::FromDevice> Ask(
      const device::v1::ToDevice& message,
      device::v1::FromDevice::BodyCase wanted);
  absl::StatusOr<device::v1::FromDevice> Await(
      device::v1::FromDevice::BodyCase wanted);
  absl::StatusOr<std::string> PlayGenesis(const CheckCase& c);

  const Clock& clock_;
  const absl::Duration patience_;
  const mqtt::GatewayTopics topics_;
  int transactions_ = 0;
  Mutex mutex_;
  CondVar changed_;
  bool connected_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<device::v1::FromDevice> heard_ ABSL_GUARDED_BY(mutex_);
  // Last: its handlers end before the rest goes.
  std::unique_ptr<mqtt::MqttClient> client_;
};

// "" for an outcome that says the command was verified, otherwise the reason in
// it, or the outcome itself if it has none. Never "" for one that is unknown.
std::string VerdictIn(const std::string& outcome, const std::string& expected);

}  // namespace u2fi::device_check

#endif  // U2FI_TOOLS_DEVICE_CHECK_DEVICE_TALK_H_
