#ifndef U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_H_

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "services/common/mqtt/mqtt_client.h"
#include "services/common/mqtt/topics.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/identity.h"
#include "services/gateway-agent/mesh_sender.h"
#include "services/gateway-agent/site_store.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::gateway_agent {

// Hands commands to devices with the kit over MQTT. Before a device hears of a
// command the agent has verified its proof against the device's own pin set
// and has written HANDED into its journal, on disk; a command that comes again
// is answered from there. Results are kept until the mesh has them.
// Thread-safe; all work is done on one thread, in order.
class DeviceDesk : public MeshHandler {
 public:
  // The references must outlive this object. Subscribes `broker`, which was
  // not started yet, and starts it. INVALID_FIELD for an identity of which no
  // topic can be made.
  static absl::StatusOr<std::unique_ptr<DeviceDesk>> Create(
      const AgentIdentity& identity, const Clock& clock, SiteStore& site,
      mqtt::MqttClient& broker, MeshSender& mesh);
  ~DeviceDesk() override;

  void OnConnected(const gateway::v1::Welcome& welcome) override;
  bool OnMessage(const gateway::v1::MeshMessage& message) override;

  // Ends the thread: nothing is published after it, and what comes is dropped.
  // To be called before `broker` goes, which must go before this object.
  void Stop();

  // Blocks until all that came so far is done, for tests.
  void Flush();

 private:
  DeviceDesk(const AgentIdentity& identity, const Clock& clock, SiteStore& site,
             mqtt::MqttClient& broker, MeshSender& mesh,
             mqtt::GatewayTopics topics);

  void Post(std::function<void()> work);
  void WorkUntilStopped();

  // From the mesh.
  void Execute(const gateway::v1::ExecuteCommand& execute);
  absl::Status HandOver(const gateway::v1::ExecuteCommand& execute,
                        const proof::v1::Command& command);
  absl::StatusOr<proof::VerifiedCommand> Verify(
      const gateway::v1::ExecuteCommand& execute,
      const proof::v1::Command& command);
  void AnswerFromJournal(const std::string& command_id,
                         const records::v1::JournalRow& row);
  void Stage(const gateway::v1::Stage& stage);
  absl::Status StageOne(const gateway::v1::Stage& stage,
                        const gateway::v1::StagedDevice& device);
  void CommitBinding(const gateway::v1::CommitBinding& commit);
  absl::Status InstallPins(const gateway::v1::CommitBinding& commit,
                           const proof::v1::Command& command);
  void Rollback(const gateway::v1::RollbackBinding& rollback);
  void Revoke(const gateway::v1::Revocations& revocations);
  void SendAccessToken(const gateway::v1::AccessToken& token);

  // From devices.
  void OnDevice(const std::string& device, const std::string& payload);
  void OnResult(const std::string& device,
                const device::v1::DeviceResult& result);
  void OnProof(const std::string& device, const device::v1::DeviceProof& proof);
  void OnPins(const std::string& device, const device::v1::PinsReport& report);
  void OnRenewal(const std::string& device,
                 const device::v1::TokenRenewal& renewal);

  void ToDevice(const std::string& device, const device::v1::ToDevice& message,
                absl::Duration expiry, const std::string& correlation);
  void SendResult(const gateway::v1::CommandResult& result);
  void SendAccepted(const std::string& command_id, const std::string& refused);

  const AgentIdentity& identity_;
  const Clock& clock_;
  SiteStore& site_;
  mqtt::MqttClient& broker_;
  MeshSender& mesh_;
  const mqtt::GatewayTopics topics_;
  // Only on the working thread.
  proof::DenyList denied_;

  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<std::function<void()>> work_ ABSL_GUARDED_BY(mutex_);
  std::thread working_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_H_
