#ifndef U2FI_TESTS_INTEGRATION_API_API_SERVER_H_
#define U2FI_TESTS_INTEGRATION_API_API_SERVER_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "services/attestation/attestation_core.h"
#include "services/attestation/attestation_local_client.h"
#include "services/attestation/attestation_server.h"
#include "services/challenge/challenge_core.h"
#include "services/challenge/challenge_local_client.h"
#include "services/challenge/challenge_server.h"
#include "services/command-gate/gate_module.h"
#include "services/common/audit/audit_server.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/rpc/server.h"
#include "services/common/store/memory_store.h"
#include "services/device-registry/registry_local_client.h"
#include "services/device-registry/registry_module.h"
#include "services/gateway-agent/agent_module.h"
#include "services/gateway-agent/local_server.h"
#include "services/gateway-agent/token_group.h"
#include "tools/dev-ca/test_ca.h"

namespace u2fi {

// All services of the API: those that some file of ours defines.
std::vector<const google::protobuf::ServiceDescriptor*> AllServices();

// What came of a call.
struct Answer {
  grpc::Status status;
  // The response, serialised; of a stream its first message.
  std::string response;
};

// Every service that has a network listener, over one store in memory, behind
// one listener with real TLS, the gate's private one for its replicas, and an
// agent's own API on its Unix socket, so that a test can call any rpc by its
// descriptor as anybody.
class ApiServer {
 public:
  ApiServer();
  ~ApiServer();

  // Calls as `identity`, for example "operator/t1/olga", with the serialised
  // request.
  Answer Call(const google::protobuf::MethodDescriptor& method,
              const std::string& identity, const std::string& request = "",
              absl::Duration timeout = absl::Seconds(3));

  store::MemoryStore& store() { return store_; }
  device_registry::RegistryCore& registry() { return registry_.core(); }

 private:
  void StartMesh();
  // An agent that never connects.
  void StartAgent();
  // The agent's API is for whoever may open its socket: no identity.
  std::shared_ptr<grpc::Channel> LocalChannel();
  std::shared_ptr<grpc::Channel> ChannelOf(const std::string& identity,
                                           const rpc::Server& server);

  dev_ca::TestCa ca_;
  store::MemoryStore store_;
  audit::ThreadExecutor executor_{4};
  audit::TenantDeciders deciders_;
  challenge::ChallengeCore challenge_;
  challenge::ChallengeLocalClient challenge_client_{challenge_};
  challenge::ChallengeServer challenge_server_{challenge_, executor_};
  attestation::AttestationCore attestation_;
  attestation::AttestationLocalClient attestation_client_{attestation_};
  attestation::AttestationServer attestation_server_{attestation_, executor_};
  device_registry::RegistryModule registry_;
  device_registry::RegistryLocalClient registry_client_;
  command_gate::GateModule gate_;
  audit::AuditServer audit_server_;
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Server> replica_server_;
  store::MemoryStore agent_store_;
  gateway_agent::TokenGroup tokens_;
  gateway_agent::CueGroup cue_;
  mqtt::FakeMqttBroker broker_;
  std::unique_ptr<gateway_agent::AgentModule> agent_;
  std::unique_ptr<gateway_agent::LocalServer> local_;
  std::unique_ptr<rpc::Server> agent_server_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

}  // namespace u2fi

#endif  // U2FI_TESTS_INTEGRATION_API_API_SERVER_H_
