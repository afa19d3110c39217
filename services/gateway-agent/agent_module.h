#ifndef U2FI_SERVICES_GATEWAY_AGENT_AGENT_MODULE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_AGENT_MODULE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/mqtt/mqtt_client.h"
#include "services/common/store/store.h"
#include "services/gateway-agent/approval_desk.h"
#include "services/gateway-agent/cue.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/gates.h"
#include "services/gateway-agent/identity.h"
#include "services/gateway-agent/journal.h"
#include "services/gateway-agent/journal_sender.h"
#include "services/gateway-agent/mesh_link.h"
#include "services/gateway-agent/patient_sender.h"
#include "services/gateway-agent/site_clock.h"
#include "services/gateway-agent/site_store.h"
#include "services/gateway-agent/token.h"
#include "u2fi/gateway/v1/local.pb.h"

namespace u2fi::gateway_agent {

// What one agent is made of. The references must outlive the module.
struct AgentParts {
  const Clock& clock;
  RandomSource& random;
  AgentIdentity identity;
  // On the agent's own disk, or in memory for tests.
  store::Store& store;
  TokenFinder& tokens;
  Cue& cue;
  // Not started yet.
  std::unique_ptr<mqtt::MqttClient> broker;
  // The ways to the mesh.
  std::unique_ptr<Gates> gates;
  MeshLink::Options link = {};
  ApprovalOptions approvals = {};
  // Told to the mesh.
  std::string version = "unknown";
  // When the certificate ends, for people. May be empty.
  std::function<absl::Time()> certificate_end = nullptr;
  // nullptr: others let devices connect to the broker.
  DeviceCredentials* credentials = nullptr;
  Journal::Options journal = {};
};

// One gateway-agent: link, desks and what they share. Many may live in one
// process. Nothing of it is static.
class AgentModule {
 public:
  // INVALID_FIELD for an identity that is none; the store's errors.
  static absl::StatusOr<std::unique_ptr<AgentModule>> Create(AgentParts parts);

  // Ends link, touches and connections, in this order.
  ~AgentModule();

  // Begins to connect to the mesh. Once.
  void Start() { link_->Start(); }

  // What the local API answers. Thread-safe.
  absl::StatusOr<gateway::v1::StatusResponse> Status();
  // RESOURCE_UNKNOWN if nothing of that id waits; INVALID_FIELD without one.
  absl::Status Decline(const gateway::v1::DeclineRequest& request);

  // PinDesk::Give(); INVALID_FIELD without an id.
  absl::Status EnterPin(const gateway::v1::EnterPinRequest& request);

  MeshLink& link() { return *link_; }
  ApprovalDesk& approvals() { return *approvals_; }
  DeviceDesk& devices() { return *devices_; }

 private:
  // Sets the clock by each Welcome.
  class ClockSetter : public MeshHandler {
   public:
    explicit ClockSetter(SiteClock& clock) : clock_(clock) {}
    void OnConnected(const gateway::v1::Welcome& welcome) override {
      if (welcome.time_ms() != 0) clock_.Set(welcome.time_ms());
    }
    bool OnMessage(const gateway::v1::MeshMessage&) override { return false; }

   private:
    SiteClock& clock_;
  };

  explicit AgentModule(AgentParts parts);
  absl::Status Build();
  gateway::v1::Hello MakeHello();

  AgentParts parts_;
  SiteClock clock_;
  ClockSetter clock_setter_{clock_};
  std::unique_ptr<Journal> journal_;
  absl::optional<SiteStore> site_;
  std::unique_ptr<MeshLink> link_;
  std::unique_ptr<PatientSender> sender_;
  std::unique_ptr<JournalSender> journal_sender_;
  std::unique_ptr<ApprovalDesk> approvals_;
  std::unique_ptr<DeviceDesk> devices_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_AGENT_MODULE_H_
