#ifndef U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_H_
#define U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "services/common/mqtt/mqtt_client.h"
#include "services/common/mqtt/topics.h"
#include "services/common/proof/approvals.h"
#include "services/common/proof/pin_set.h"
#include "services/common/proof/verify_proof.h"
#include "services/common/sync/sync.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/device_credentials.h"
#include "services/gateway-agent/device_quota.h"
#include "services/gateway-agent/identity.h"
#include "services/gateway-agent/mesh_sender.h"
#include "services/gateway-agent/site_store.h"
#include "u2fi/device/v1/device.pb.h"

namespace u2fi::gateway_agent {

// Hands commands to devices over MQTT. Before a device hears of a command the
// agent has verified its proof against the device's own pin set and has
// written HANDED into its journal, on disk; a command that comes again is
// answered from there. Results are kept until the mesh has them.
//
// A device with the kit takes a sequence number once, so it may hear of a
// command again: after a lost connection it is asked what it knows, and what it
// never used is published again until execute-by. A device without the kit
// ("plain") obeys whatever comes: it hears of a command once, at QoS 0, and a
// command without an answer ends as UNKNOWN (decisions.md, C2).
// Thread-safe; all work is done on one thread, in order.
class DeviceDesk : public MeshHandler {
 public:
  // What the agent tells of its memory in Hello.
  struct Memory {
    uint64_t journal_since_ms = 0;
    uint64_t denied_revision = 0;
  };

  // The references must outlive this object. Subscribes `broker`, which was
  // not started yet, and starts it. Without `credentials` others let devices
  // connect. INVALID_FIELD for an identity of which no topic can be made; the
  // store's errors.
  static absl::StatusOr<std::unique_ptr<DeviceDesk>> Create(
      const AgentIdentity& identity, const Clock& clock, SiteStore& site,
      mqtt::MqttClient& broker, MeshSender& mesh,
      DeviceCredentials* credentials = nullptr);
  ~DeviceDesk() override;

  void OnConnected(const gateway::v1::Welcome& welcome) override;
  bool OnMessage(const gateway::v1::MeshMessage& message) override;
  bool Overloaded() const override;

  // Bytes of memory that the mesh's messages may take while they wait.
  static constexpr size_t kMaxQueued = 64 << 20;

  // The devices that it serves, for Hello and for people.
  absl::StatusOr<std::vector<gateway::v1::LocalDevice>> Devices();
  Memory memory() const;

  // Ends the thread: nothing is published after it, and what comes is dropped.
  // To be called before `broker` goes, which must go before this object.
  void Stop();

  // Blocks until all that came so far is done, for tests.
  void Flush();

 private:
  // What the agent believes of a device, parsed.
  struct Believed {
    records::v1::DeviceRow row;
    proof::PinSet pins;
  };

  DeviceDesk(const AgentIdentity& identity, const Clock& clock, SiteStore& site,
             mqtt::MqttClient& broker, MeshSender& mesh,
             DeviceCredentials* credentials, mqtt::GatewayTopics topics);
  absl::Status Remember();
  absl::Status Listen();

  struct Work {
    std::function<void()> run;
    // It may hand a command over, and so does what comes next: they share a
    // commit.
    bool hands = false;
    bool next_hands = false;
    // Of memory, for the mesh's message.
    size_t bytes = 0;
  };
  void Post(std::function<void()> run);
  void Post(Work work);
  // What to do about it; nothing if it is not for this desk.
  std::function<void()> WorkFor(const gateway::v1::MeshMessage& message);
  void Forget(const gateway::v1::ResultAck& ack);
  void WorkUntilStopped();
  // The next work; nothing if it is time for a look at deadlines, or to stop.
  Work NextWork(bool& stopped);

  // Commands. `shared` has the approvals of the proof, if those of a batch came
  // once: no signature of theirs is checked twice.
  void Execute(const gateway::v1::ExecuteCommand& execute,
               proof::Approvals* shared = nullptr);
  absl::Status HandOver(const gateway::v1::ExecuteCommand& execute,
                        const proof::v1::Command& command,
                        proof::Approvals* shared);
  absl::Status HandToPlain(const proof::v1::Command& command,
                           const records::v1::JournalRow& row);
  // Writes what waits in `handing_` into the journal, and publishes it.
  void HandGroup();
  bool IsBeingHanded(const std::string& command_id) const;
  // Tells the mesh of a command that is not handed over, unless it may be
  // later.
  void Refuse(const std::string& command_id, const std::string& device,
              const absl::Status& status);
  absl::Status CheckPlain(const proof::VerifiedCommand& verified) const;
  absl::StatusOr<proof::VerifiedCommand> Verify(
      const gateway::v1::ExecuteCommand& execute,
      const proof::v1::Command& command, const Believed& device,
      proof::Approvals* shared);
  // Each item by itself, as if it had come alone (device_desk_batches.cc).
  void ExecuteBatch(const gateway::v1::ExecuteBatch& batch);
  static absl::StatusOr<proof::VerifiedCommand> VerifyOne(
      const gateway::v1::ExecuteCommand& execute,
      const proof::VerifyInputs& inputs, proof::Approvals* shared);
  absl::StatusOr<const Believed*> Believe(const std::string& device);
  proof::VerifyInputs InputsFor(const std::string& device) const;
  void AnswerFromJournal(const std::string& command_id,
                         const records::v1::JournalRow& row);
  void PublishCommand(const std::string& command_id,
                      const records::v1::JournalRow& row);
  absl::Status PublishPlain(const proof::v1::Command& command,
                            uint64_t execute_by_ms);

  // Bindings.
  void Stage(const gateway::v1::Stage& stage);
  absl::Status StageOne(const gateway::v1::Stage& stage,
                        const gateway::v1::StagedDevice& device);
  void TellStaged(const std::string& device, const records::v1::StageRow& row);
  void VouchFor(const std::string& device, const records::v1::StageRow& row);
  void CommitBinding(const gateway::v1::CommitBinding& commit);
  absl::Status Bind(const gateway::v1::CommitBinding& commit,
                    const proof::v1::Command& command);
  // BROKER_UNAVAILABLE if it is bound and did not say yet that it is blank.
  absl::Status CheckUnbound(const std::string& device,
                            const records::v1::StageRow& staged);
  void NoteStaged(const std::string& device,
                  const device::v1::PinsReport& report);
  absl::Status InstallPins(const gateway::v1::CommitBinding& commit,
                           const proof::v1::Command& command,
                           const records::v1::StageRow& staged);
  void Rollback(const gateway::v1::RollbackBinding& rollback);

  // Changes of what a bound device believes (device_desk_changes.cc).
  void UpdatePins(const gateway::v1::PinsUpdate& update);
  void Release(const gateway::v1::ReleaseBinding& release);
  void Answer(const proof::v1::Command& command, const absl::Status& status);
  // Whether another change waits for the device, which hears of it again.
  absl::StatusOr<bool> Waits(const std::string& device);
  absl::Status TakeRelease(const gateway::v1::ReleaseBinding& release,
                           const proof::v1::Command& command);
  absl::Status VerifyUpdate(const gateway::v1::PinsUpdate& update,
                            const std::string& device, const Believed& present);
  absl::Status TakeUpdate(const gateway::v1::PinsUpdate& update,
                          const proof::v1::Command& command);
  absl::Status Install(const std::string& device, const Believed& present,
                       const std::string& command_id,
                       const std::string& pin_set);
  absl::Status Keep(const std::string& device, records::v1::ChangeRow row);
  void TellChange(const std::string& device, const records::v1::ChangeRow& row);
  void TellChanges();
  void NoteAnswer(const std::string& device,
                  const device::v1::DeviceResult& result);
  bool EndChange(const std::string& device,
                 const device::v1::PinsReport& report);
  absl::Status Carry(const std::string& device,
                     const records::v1::ChangeRow& row,
                     const device::v1::PinsReport& report,
                     const std::string& signature);
  void RefuseChange(const std::string& device, const std::string& command_id,
                    const std::string& reason);

  void Revoke(const gateway::v1::Revocations& revocations);
  void SendAccessToken(const gateway::v1::AccessToken& token);

  // From devices.
  void OnMqtt(const mqtt::Message& message);
  void OnBroker(bool connected);
  void OnDevice(const std::string& device, const std::string& payload);
  void OnPlain(const std::string& device, const std::string& payload);
  void OnHello(const std::string& device, const device::v1::Hello& hello);
  void OnResult(const std::string& device,
                const device::v1::DeviceResult& result);
  void OnStatus(const std::string& device,
                const device::v1::StatusReply& status);
  void OnProof(const std::string& device, const device::v1::DeviceProof& proof);
  void OnPins(const std::string& device, const device::v1::PinsReport& report);
  void OnRenewal(const std::string& device,
                 const device::v1::TokenRenewal& renewal);

  // Ends of commands.
  void Finish(const std::string& command_id, const std::string& device,
              const device::v1::DeviceResult& result);
  // Asks `device`, or all if that is empty, what became of the commands that
  // were handed over before the connection was lost.
  void AskUnfinished(absl::string_view device);
  void AskUnfinishedOne(const std::string& command_id, bool since_start);
  // The command ends as UNKNOWN unless it has a result by then.
  void EndAt(uint64_t execute_by_ms, const std::string& command_id);
  void EndOverdue();

  void ToDevice(const std::string& device, const device::v1::ToDevice& message,
                absl::Duration expiry, const std::string& correlation);
  void SendResult(const gateway::v1::CommandResult& result);
  void SendAccepted(const std::string& command_id, const std::string& refused);
  void SendReport(const std::string& device,
                  const device::v1::PinsReport& report);
  void SendBound(const std::string& device, const records::v1::DeviceRow& row,
                 const device::v1::PinsReport& report,
                 const std::string& signature = "");
  uint64_t NowMs() const { return static_cast<uint64_t>(UnixMillis(clock_)); }

  const AgentIdentity& identity_;
  const Clock& clock_;
  SiteStore& site_;
  mqtt::MqttClient& broker_;
  MeshSender& mesh_;
  DeviceCredentials* const credentials_;
  const mqtt::GatewayTopics topics_;
  // Only on the working thread.
  proof::DenyList denied_;
  std::map<std::string, Believed> believed_;
  // Verified commands to devices with the kit.
  std::vector<SiteStore::Handed> handing_;
  // What devices said last to the change that waits for them; the report of
  // their pin set that follows decides.
  std::map<std::string, device::v1::DeviceResult> answers_;
  // Commands to plain devices that this process handed over, by the instant of
  // Clock::Now() in ms at which they end as UNKNOWN.
  std::multimap<uint64_t, std::string> ends_;

  // Of what devices said and `work_` holds.
  DeviceQuota quota_;

  mutable Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  Memory memory_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> online_ ABSL_GUARDED_BY(mutex_);
  std::deque<Work> work_ ABSL_GUARDED_BY(mutex_);
  // Bytes of what the mesh said of it.
  size_t queued_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread working_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_DEVICE_DESK_H_
