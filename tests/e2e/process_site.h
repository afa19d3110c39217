#ifndef U2FI_TESTS_E2E_PROCESS_SITE_H_
#define U2FI_TESTS_E2E_PROCESS_SITE_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/rpc/tls_identity.h"
#include "tests/contract/store/redis_group.h"
#include "tests/contract/store/redis_server.h"
#include "tests/e2e/boxes.h"
#include "tests/e2e/programs.h"
#include "tests/e2e/site_config.h"
#include "tests/integration/mqtt/mosquitto.h"
#include "tools/dev-ca/test_ca.h"
#include "u2fi/attestation/v1/attestation.grpc.pb.h"
#include "u2fi/command_gate/v1/gate.grpc.pb.h"
#include "u2fi/device_registry/v1/registry.grpc.pb.h"
#include "u2fi/gateway/v1/local.grpc.pb.h"

namespace u2fi::e2e {

// A whole deployment of real programs, each a process of its own on loopback:
// standalone on SQLite, or the four services of the mesh on Redis; for each
// gateway g0, g1, … a gateway-agent, a mosquitto and a soft token that touches
// itself; one device-emulator with a camera cam-0, cam-1, … at each. Gateway gN
// is at site sN of account aN. Everything ends with this object.
class ProcessSite {
 public:
  struct Options {
    bool mesh = false;
    int gateways = 1;
    // At each gateway: cam-N, cam-N-1, cam-N-2, …
    int cameras = 1;
    // The cameras have no kit: they obey what the broker delivers.
    bool plain = false;
    // Of each command, in seconds.
    int approve_within = 20;
    int execute_within = 20;
    // The gate tells this address of what waits, signed with the key.
    std::string webhook_url = {};
    std::string webhook_key = {};
    // Replicas of the gate in the mesh: "command-gate", "command-gate-1", ….
    int gates = 1;
    // Of each of the other three: "challenge", "challenge-1", ….
    int replicas = 1;
    // Of each service: what it sets aside for connections (0: the default),
    // and how many it takes a second.
    uint32_t memory_mib = 0;
    uint32_t accepts_per_second = 10'000;
    // Replica i of each service runs at machine i; null: all of it runs here.
    const Boxes* boxes = nullptr;
    // The mesh's Redis, if it runs already.
    absl::optional<config::v1::RedisStoreConfig> redis = absl::nullopt;
    // By program: words that start it, for example `/usr/bin/env A=1`.
    std::map<std::string, std::vector<std::string>> starters = {};
    // The mesh's Redis has two replicas and three Sentinels.
    bool sentinel = false;
    // How many of the replicas must have what is not to be lost.
    uint32_t wait_replicas = 0;
  };

  // Starts all of it and waits until every gateway is connected, every token
  // enrolled and every camera provisioned. A failure names the step.
  static absl::StatusOr<std::unique_ptr<ProcessSite>> Start(
      const Options& options);

  // Programs by name: "standalone", or "challenge", "attestation",
  // "device-registry", "command-gate"; "agent-0", "token-0", …; "devices".
  Programs& programs() { return programs_; }
  // Those of the mesh and the agents, of which the costs are counted.
  std::vector<std::string> CountedPrograms() const;
  // As operator/t1/olga, for more records.
  device_registry::v1::DeviceRegistry::Stub& operators() { return *operator_; }
  // As the same operator, of attestation.
  attestation::v1::Attestation::Stub& token_operators() {
    return *token_operator_;
  }
  const dev_ca::TestCa& ca() const { return ca_; }
  // Where a service listens, "command-gate-1".
  const std::string& AddressOf(const std::string& instance) const {
    return addresses_.at(instance);
  }
  // One replica of the gate, as client/t1/app.
  command_gate::v1::CommandGate::Stub& gate(int index) {
    return *gates_[index];
  }
  // Which replica holds the gateway's stream, asked at the one `via`.
  // NOT_FOUND if none does.
  absl::StatusOr<int> HolderOf(int gateway, int via);
  // Somebody at the gateway says no to its question.
  absl::Status Decline(int gateway, const std::string& approval_id);
  // Where the gate listens.
  std::string GateAddress() const;
  // What those wrote to their logs.
  std::string Logs() const;
  store::RedisServer* redis() { return redis_.get(); }
  store::RedisGroup* redis_group() { return redis_group_.get(); }
  // Tells a token: "touch", "auto off", …
  absl::Status TellToken(int gateway, const std::string& command);

  // As client/t1/app on behalf of account `gateway`: camera.on there, with a
  // request id of its own. Thread-safe.
  absl::StatusOr<command_gate::v1::CommandRecord> Submit(
      int gateway, const std::string& operation);
  // A request on behalf of account `gateway` with a request id of its own, and
  // what comes of it. Both thread-safe.
  command_gate::v1::SubmitCommandRequest NewRequest(int gateway);
  absl::StatusOr<command_gate::v1::CommandRecord> SubmitRequest(
      const command_gate::v1::SubmitCommandRequest& request, int gate = 0);
  // As client/t1/app, of the registry.
  device_registry::v1::DeviceRegistry::Stub& clients() { return *client_; }
  // What the agent says of itself and its camera.
  absl::StatusOr<gateway::v1::StatusResponse> AgentStatus(int gateway);
  // Waits for the end of a command, at most 20 s. Thread-safe.
  absl::StatusOr<command_gate::v1::CommandRecord> Wait(const std::string& name);
  // The same at one of several gates.
  absl::StatusOr<command_gate::v1::CommandRecord> SubmitAt(
      int gate, int gateway, const std::string& operation);
  absl::StatusOr<command_gate::v1::CommandRecord> WaitAt(
      int gate, const std::string& name);
  absl::StatusOr<command_gate::v1::CommandRecord> CancelAt(
      int gate, int gateway, const std::string& name);
  // The same for `size` commands under one touch, over all cameras there.
  absl::StatusOr<command_gate::v1::BatchRecord> SubmitBatch(
      int gateway, const std::string& operation, int size);
  absl::StatusOr<command_gate::v1::BatchRecord> GetBatch(
      const std::string& name);
  // What the cameras of the gateway did: the id of a command each time
  // that the operation began.
  std::vector<std::string> Executions(int gateway,
                                      const std::string& operation);

 private:
  explicit ProcessSite(const Options& options);

  std::string NewAddress(int replica) const;
  // Starts what the options say; where it is.
  config::v1::RedisStoreConfig StartRedis();
  void StartMesh();
  void StartReplica(const std::string& service, int index,
                    const std::string& config);
  absl::Status StartRest();
  absl::Status StartGateways();
  absl::Status StartGateway(int gateway);
  absl::Status StartDevices();
  absl::Status WriteLink(int gateway, const std::string& camera);
  absl::Status MakeRecords();
  absl::Status MakeRecordsOf(int gateway);
  absl::Status ImportDevice(int gateway, const std::string& camera,
                            const std::string& factory_key);
  absl::Status EnrolAndProvision(int gateway);
  absl::Status Provision(int gateway, const std::string& camera);
  // Until the agent's own API says that the camera is connected: what goes to a
  // device without the kit goes once.
  absl::Status WaitUntilOnline(int gateway, const std::string& camera);
  absl::Status RunToEnd(const command_gate::v1::SubmitCommandRequest& request,
                        const std::string& what);
  absl::StatusOr<command_gate::v1::SubmitCommandRequest> EnrolRequest(
      int gateway);
  absl::StatusOr<command_gate::v1::SubmitCommandRequest> ProvisionRequest(
      int gateway, const std::string& camera);
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& identity,
                                           const std::string& service);
  std::shared_ptr<grpc::Channel> ChannelOfGate(const std::string& identity,
                                               int index);
  std::unique_ptr<gateway::v1::AgentLocal::Stub> LocalApi(int gateway);

  const Options options_;
  const dev_ca::TestCa ca_;
  Programs programs_;
  Addresses addresses_;
  // One of them in the mesh.
  std::unique_ptr<store::RedisServer> redis_;
  std::unique_ptr<store::RedisGroup> redis_group_;
  std::unique_ptr<SiteConfig> config_;
  std::vector<std::unique_ptr<mqtt::Mosquitto>> brokers_;
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  std::vector<std::unique_ptr<command_gate::v1::CommandGate::Stub>> gates_;
  // As operator/t1/olga.
  std::vector<std::unique_ptr<command_gate::v1::CommandGate::Stub>>
      gate_operators_;
  std::unique_ptr<device_registry::v1::DeviceRegistry::Stub> operator_;
  std::unique_ptr<attestation::v1::Attestation::Stub> token_operator_;
  std::unique_ptr<device_registry::v1::DeviceRegistry::Stub> client_;
  std::atomic<uint64_t> requests_{1};
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_PROCESS_SITE_H_
