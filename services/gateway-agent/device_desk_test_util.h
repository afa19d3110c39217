#ifndef U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_TEST_UTIL_H_
#define U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_TEST_UTIL_H_

#include <memory>
#include <string>
#include <vector>

#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/proof/fake_site.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/fake_mesh.h"

namespace u2fi::gateway_agent {

// The agent gw-1 of proof::FakeSite with a broker in memory and a store that a
// test can break. It believes Genesis() of the device lock-1.
// The process may end at any moment, and another one begin on the same store.
class DeviceDeskCase {
 public:
  // Without the kit if `plain`.
  explicit DeviceDeskCase(bool plain, bool bound = true);
  ~DeviceDeskCase() { Kill(); }

  // The desk's process ends as if by SIGKILL: what it had not handled is gone.
  // A new one begins and finds the broker.
  void Kill();
  void Start();
  void Restart() {
    Kill();
    Start();
  }
  // Lets messages arrive and be handled, until nothing happens any more.
  void Settle();

  // Pin set 1: alice's key, gw-1, device.identify FREE, all else one touch.
  proof::PinSet Genesis() const;
  // A command that the pin set lets pass: touched for, or free.
  gateway::v1::ExecuteCommand Touched(const std::string& operation,
                                      uint64_t sequence = 7);
  gateway::v1::ExecuteCommand Free(const std::string& operation);
  // Gives it to the desk, and lets everything happen.
  void Execute(const gateway::v1::ExecuteCommand& execute);
  void Tell(const gateway::v1::MeshMessage& message);
  // Everything happens as after a new stream.
  void Connect();

  // What the device published is what the broker gets from it.
  void DeviceSays(const device::v1::FromDevice& message);
  void PlainSays(const std::string& json);

  // What went up since the last call: results, and reasons of refusal.
  std::vector<gateway::v1::CommandResult> Results();
  std::string Refused();
  // How often a command was published to the device, of all processes.
  int Publications() const;
  std::vector<mqtt::Message> To(mqtt::TopicKind kind) const;

  FakeClock clock;
  FakeRandomSource random;
  proof::FakeSite site;
  store::MemoryStore memory{clock, random};
  store::FaultyStore store{memory};
  mqtt::FakeMqttBroker broker{clock};
  FakeMesh mesh;
  const AgentIdentity identity;
  const mqtt::GatewayTopics topics;
  std::unique_ptr<SiteStore> rows;
  std::unique_ptr<mqtt::MqttClient> client;
  std::unique_ptr<DeviceDesk> desk;

 private:
  // The device's own client, if a test plays it by hand.
  mqtt::MqttClient& device();

  const bool plain_;
  std::unique_ptr<mqtt::MqttClient> device_;
};

// Id of the command.
std::string IdOf(const gateway::v1::ExecuteCommand& execute);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_TEST_UTIL_H_
