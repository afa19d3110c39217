#ifndef U2FI_TESTS_E2E_ONE_SITE_H_
#define U2FI_TESTS_E2E_ONE_SITE_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "services/attestation/attestation_core.h"
#include "services/attestation/attestation_local_client.h"
#include "services/challenge/challenge_core.h"
#include "services/challenge/challenge_local_client.h"
#include "services/command-gate/gate_module.h"
#include "services/common/audit/audit_runner.h"
#include "services/common/audit/audit_server.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/error.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/device-registry/registry_local_client.h"
#include "services/device-registry/registry_module.h"
#include "services/device-registry/token_words_local_client.h"
#include "services/gateway-agent/approval_desk.h"
#include "services/gateway-agent/device_desk.h"
#include "services/gateway-agent/mesh_link.h"
#include "services/gateway-agent/one_gate.h"
#include "services/gateway-agent/socket_tokens.h"
#include "tests/e2e/plugged_key.h"
#include "tests/e2e/relay.h"
#include "tools/dev-ca/test_ca.h"
#include "tools/device-emulator/device_link.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"

namespace u2fi::e2e {

// The four services over one store, a gateway-agent that reaches them over
// real mutual TLS, a software token behind its real socket, and an emulated
// camera. Simplifications: the store and the broker are in memory, and all of
// it is one process with the machine's clock.
class OneSite {
 public:
  static constexpr char kRpId[] = "u2fi.test";
  static constexpr char kPortal[] = "https://portal.u2fi.test";

  // `visitors`: names of keys that people may bring along (person.h). `kind`:
  // of the key that is plugged in.
  explicit OneSite(const std::vector<std::string>& visitors = {},
                   KeyKind kind = KeyKind::kU2f);
  ~OneSite();

  // What a client may do, as client/t1/app on behalf of ann.
  absl::StatusOr<command_gate::v1::CommandRecord> Submit(
      const command_gate::v1::CommandItem& item, proof::v1::Purpose purpose,
      const std::string& place = "", int request = 0,
      const command_gate::v1::EnrolOptions& enrol = {});
  // Any request; it gets its request id here.
  absl::StatusOr<command_gate::v1::CommandRecord> SubmitRequest(
      command_gate::v1::SubmitCommandRequest submit);
  absl::StatusOr<command_gate::v1::SubmitBatchResponse> SubmitBatch(
      const std::vector<command_gate::v1::CommandItem>& items);
  // Waits for the end of its last command, at most 20 s.
  absl::StatusOr<command_gate::v1::BatchRecord> WaitForBatch(
      const std::string& name);
  // The command as it is now.
  absl::StatusOr<command_gate::v1::CommandRecord> Get(const std::string& name);
  // Waits for the end of a command, at most 20 s.
  absl::StatusOr<command_gate::v1::CommandRecord> Wait(const std::string& name);
  absl::StatusOr<command_gate::v1::CommandRecord> Cancel(
      const std::string& name);
  // Submits a camera operation and waits for its end.
  absl::StatusOr<command_gate::v1::CommandRecord> Run(
      const std::string& operation, const std::string& camera = "cam-1");

  // A token of ann joins: one that is plugged in and that she does not have.
  // Then the camera is provisioned.
  absl::StatusOr<command_gate::v1::CommandRecord> Enrol(bool recovery = false);
  absl::StatusOr<command_gate::v1::CommandRecord> Provision();
  // The same with further keys in the pin set, and the proofs of them.
  absl::StatusOr<command_gate::v1::CommandRecord> Provision(
      const std::vector<proof::v1::PinnedKey>& keys,
      const proof::v1::Evidence& evidence, const std::string& camera = "cam-1");
  // Somebody presses the camera's reset button.
  absl::Status ResetCamera() { return camera_->Control({"reset"}); }
  // Ann claims a second camera, cam-2.
  void AddSecondCamera();

  // Tells the token's control socket, for example "touch" or "auto off".
  void TellToken(const std::string& command) { key_->Tell(command); }
  // Further keys; they touch themselves too.
  void PlugInSecondKey();
  void PlugInRecoveryKey();
  void TellSecondKey(const std::string& command) { second_key_->Tell(command); }
  // Copies what the key has in it; then puts the copy in the key's place.
  void CloneKey();
  void SwapKeyForItsClone();

  // What the services know of ann: her tokens by id, her latest recovery, her
  // account.
  std::map<std::string, attestation::v1::TokenState> Tokens();
  attestation::v1::RecoveryState Recovering();
  device_registry::v1::Account Account();

  // For those who bring gateways of their own. The gateway's identity, known
  // to the registry; its certificate goes into `tls`.
  std::unique_ptr<gateway_agent::AgentIdentity> AddGateway(
      const std::string& site, const std::string& gateway,
      std::unique_ptr<rpc::TlsIdentity>& tls);
  std::shared_ptr<grpc::Channel> ChannelAs(const rpc::TlsIdentity& identity);
  void WaitForGateway(const std::string& gateway);
  static gateway::v1::Hello Greeting();
  const Clock& clock() const { return clock_; }
  RandomSource& random() { return random_; }
  const dev_ca::TestCa& ca() const { return ca_; }
  // Where the key with that name is plugged in.
  std::string KeyPath(const std::string& name) const {
    return ca_.folder() + "/" + name;
  }
  // For those who sit on the gateway: what they do to its messages, and its
  // identity key.
  void Tap(Relay::Tap tap) { relay_->SetTap(std::move(tap)); }
  void SendUp(gateway::v1::GatewayMessage message) {
    relay_->SendUp(std::move(message));
  }
  const crypto::P256PrivateKey& gateway_key() const { return identity_->key; }
  gateway_agent::ApprovalDesk& approvals() { return *approvals_; }
  // What the agent keeps on its disk.
  gateway_agent::SiteStore& agent_site() { return *site_; }
  command_gate::v1::CommandGate::Stub& client() { return *client_; }
  device_registry::RegistryCore& registry() { return registry_->core(); }
  attestation::AttestationCore& attestation() { return attestation_; }
  // The registry does not hear what attestation tells, until it is back.
  void SetRegistryAway(bool away) { words_client_.away = away; }
  // What the camera has done, one line a step.
  const std::string& camera_journal() const { return storage_.journal(); }
  // What it said.
  std::vector<std::string> camera_said() const { return console_.lines(); }
  store::FaultyStore& store() { return store_; }
  // Commits of the services that waited for a disk.
  int DurableCommits() const;

  // The audit of all services so far, as one file under checkpoints.
  std::string ExportAudit();
  // What the rpc gives of it to `identity`, as a file.
  absl::StatusOr<std::string> DownloadAudit(const std::string& identity);
  // The pin set that the camera got, as the registry has it.
  std::string camera_pins();

 private:
  void StartMesh();
  void StartAudit();
  std::string AuditFile() const { return ca_.folder() + "/audit.jsonl"; }
  void StartAgent();
  void StartCamera();
  void ImportCamera(const std::string& id, const std::string& factory_point);
  std::unique_ptr<device::DeviceLink> PlugInCamera(
      const std::string& id, const crypto::P256PrivateKey& factory_key,
      device::FakeDeviceStorage& storage);
  void MakeRecords();
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& identity);

  const Clock& clock_;
  RandomSource& random_;
  dev_ca::TestCa ca_;
  store::MemoryStore memory_;
  // Between the services and the store: it fails when told to, and counts.
  store::FaultyStore store_{memory_};
  audit::ThreadExecutor executor_{4};
  audit::TenantDeciders attestation_deciders_;
  challenge::ChallengeCore challenge_;
  challenge::ChallengeLocalClient challenge_client_{challenge_};
  std::unique_ptr<device_registry::RegistryModule> registry_;
  std::unique_ptr<device_registry::RegistryLocalClient> registry_client_;
  // Hands on what attestation tells, unless the registry is away.
  struct WordsClient : device_registry::TokenWordsClient {
    explicit WordsClient(device_registry::RegistryCore& core)
        : client(core, rpc::TestCaller("service/attestation")) {}
    absl::StatusOr<device_registry::v1::ReportTokensResponse> ReportTokens(
        const device_registry::v1::ReportTokensRequest& request) override {
      if (away) return Error(reason::kPeerUnavailable, "the registry is away");
      return client.ReportTokens(request);
    }
    device_registry::TokenWordsLocalClient client;
    bool away = false;
  };
  WordsClient words_client_;
  attestation::AttestationCore attestation_;
  attestation::AttestationLocalClient attestation_client_{attestation_};
  std::unique_ptr<command_gate::GateModule> gate_;
  std::unique_ptr<audit::AuditServer> audit_server_;
  std::unique_ptr<audit::AuditRunner> audit_;
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  // Its key is the gateway's identity key.
  std::unique_ptr<rpc::TlsIdentity> gateway_tls_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<command_gate::v1::CommandGate::Stub> client_;

  std::vector<std::string> key_paths_;
  std::unique_ptr<PluggedKey> key_;
  std::unique_ptr<PluggedKey> second_key_;
  std::unique_ptr<PluggedKey> recovery_key_;

  mqtt::FakeMqttBroker broker_;
  std::atomic<bool> stop_broker_{false};
  std::thread broker_thread_;
  device::FakeConsole console_;
  device::FakeDeviceStorage storage_;
  const crypto::P256PrivateKey factory_key_ =
      crypto::P256PrivateKey::Generate();
  std::unique_ptr<device::DeviceLink> camera_;
  device::FakeDeviceStorage second_storage_;
  const crypto::P256PrivateKey second_factory_key_ =
      crypto::P256PrivateKey::Generate();
  std::unique_ptr<device::DeviceLink> second_camera_;

  std::unique_ptr<gateway_agent::AgentIdentity> identity_;
  store::MemoryStore agent_store_;
  std::unique_ptr<gateway_agent::SiteStore> site_;
  std::unique_ptr<gateway_agent::TokenFinder> tokens_;
  gateway_agent::TerminalCue cue_;
  std::unique_ptr<gateway_agent::Gates> gates_;
  std::unique_ptr<mqtt::MqttClient> agent_mqtt_;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<gateway_agent::ApprovalDesk> approvals_;
  std::unique_ptr<gateway_agent::DeviceDesk> devices_;
  std::unique_ptr<gateway_agent::MeshLink> link_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_ONE_SITE_H_
