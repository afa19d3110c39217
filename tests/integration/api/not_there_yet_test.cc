// Calls every rpc of every service over real TLS, as somebody who may, and
// compares those that answer UNIMPLEMENTED with the README's list: an rpc
// cannot be forgotten, and the list cannot grow old.
#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "services/attestation/attestation_core.h"
#include "services/attestation/attestation_local_client.h"
#include "services/attestation/attestation_server.h"
#include "services/challenge/challenge_core.h"
#include "services/challenge/challenge_local_client.h"
#include "services/challenge/challenge_server.h"
#include "services/command-gate/gate_module.h"
#include "services/common/audit/audit_server.h"
#include "services/common/mqtt/fake_mqtt_broker.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/server.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/memory_store.h"
#include "services/device-registry/registry_local_client.h"
#include "services/device-registry/registry_module.h"
#include "services/gateway-agent/agent_module.h"
#include "services/gateway-agent/local_server.h"
#include "services/gateway-agent/token_group.h"
#include "tools/dev-ca/test_ca.h"
#include "u2fi/audit/v1/audit.pb.h"
#include "u2fi/command_gate/v1/replica.pb.h"
#include "u2fi/common/v1/options.pb.h"
#include "u2fi/gateway/v1/local.pb.h"

namespace u2fi {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

constexpr char kRpId[] = "u2fi.test";
constexpr char kLocalApi[] = "u2fi.gateway.v1.AgentLocal";
constexpr char kBegin[] = "<!-- not there yet: begin -->";
constexpr char kEnd[] = "<!-- not there yet: end -->";

// Somebody who may call the method; for listeners of other kinds anybody.
std::string CallerOf(const MethodDescriptor& method) {
  const common::v1::AllowedCallers& callers =
      method.options().GetExtension(common::v1::callers);
  for (const int role : callers.roles()) {
    switch (role) {
      case common::v1::ROLE_SERVICE:
        return "service/" + callers.services(0);
      case common::v1::ROLE_GATEWAY:
        return "gateway/t1/s1/g1";
      case common::v1::ROLE_OPERATOR:
        return "operator/t1/olga";
      case common::v1::ROLE_PLATFORM_OPERATOR:
        return "operator/-/root";
      case common::v1::ROLE_CLIENT:
        return "client/t1/app";
      default:
        break;
    }
  }
  return "service/command-gate";
}

// All services of the API: those that some file of ours defines.
std::vector<const ServiceDescriptor*> AllServices() {
  // Links the files in whose messages nothing else here uses.
  audit::v1::ExportAuditRequest::descriptor();
  command_gate::v1::ForwardRequest::descriptor();
  std::vector<const ServiceDescriptor*> services;
  for (const char* name :
       {"u2fi.attestation.v1.Attestation", "u2fi.audit.v1.Audit",
        "u2fi.challenge.v1.Challenge", "u2fi.command_gate.v1.CommandGate",
        "u2fi.command_gate.v1.ReplicaLink",
        "u2fi.device_registry.v1.DeviceRegistry", "u2fi.gateway.v1.AgentLocal",
        "u2fi.gateway.v1.GatewayLink"}) {
    services.push_back(
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name));
    EXPECT_NE(services.back(), nullptr) << name;
  }
  return services;
}

std::set<std::string> ReadmeList() {
  std::ifstream readme("README.md");
  EXPECT_TRUE(readme.is_open());
  std::set<std::string> list;
  bool inside = false;
  for (std::string line; std::getline(readme, line);) {
    if (line == kEnd) inside = false;
    if (inside && absl::StartsWith(line, "u2fi.")) list.insert(line);
    if (line == kBegin) inside = true;
  }
  return list;
}

class NotThereYetTest : public testing::Test {
 protected:
  static device_registry::RegistryParts RegistryPartsOf(store::Store& store) {
    device_registry::DeviceTokens::Options tokens;
    tokens.keys = {crypto::P256PrivateKey::Generate()};
    return {SystemClock(), SystemRandom(), store, kRpId, tokens};
  }

  void SetUp() override {
    ASSERT_OK(registry_.Start());
    identities_.push_back(ca_.Identity("service/command-gate"));
    rpc::ServiceList services;
    services.Add<command_gate::v1::CommandGate>(gate_.gate_server());
    services.Add<gateway::v1::GatewayLink>(gate_.link_server());
    services.Add<challenge::v1::Challenge>(challenge_server_);
    services.Add<attestation::v1::Attestation>(attestation_server_);
    services.Add<device_registry::v1::DeviceRegistry>(registry_.server());
    services.Add<audit::v1::Audit>(audit_server_);
    auto server = rpc::Server::ListenMutualTls(
        services, {}, *identities_.back(), "127.0.0.1:0");
    ASSERT_OK(server);
    server_ = *std::move(server);
    StartAgent();
  }

  // An agent that never connects.
  void StartAgent() {
    auto agent = gateway_agent::AgentModule::Create(
        {SystemClock(),
         SystemRandom(),
         {"t1", "s1", "g1", crypto::P256PrivateKey::Generate(), kRpId},
         agent_store_,
         tokens_,
         cue_,
         broker_.MakeClient("agent.g1"),
         gateway::v1::GatewayLink::NewStub(grpc::CreateChannel(
             "unix:/nowhere", grpc::InsecureChannelCredentials()))});
    ASSERT_OK(agent);
    agent_ = *std::move(agent);
    local_ = std::make_unique<gateway_agent::LocalServer>(*agent_);
    rpc::ServiceList services;
    services.Add<gateway::v1::AgentLocal>(*local_);
    auto server =
        rpc::Server::ListenOnUnixSocket(services, {}, ca_.folder() + "/agent");
    ASSERT_OK(server);
    agent_server_ = *std::move(server);
  }

  void TearDown() override {
    channels_.clear();
    server_->Shutdown(absl::ZeroDuration());
    agent_server_->Shutdown(absl::ZeroDuration());
  }

  grpc::StatusCode Call(const MethodDescriptor& method) {
    const std::string caller = CallerOf(method);
    // The agent's own API is on a Unix socket, for whoever may open it.
    const bool local = method.service()->full_name() == kLocalApi;
    std::shared_ptr<grpc::Channel>& channel =
        channels_[local ? std::string(kLocalApi) : caller];
    if (channel == nullptr && local) {
      channel = grpc::CreateChannel("unix:" + ca_.folder() + "/agent",
                                    grpc::InsecureChannelCredentials());
    } else if (channel == nullptr) {
      identities_.push_back(ca_.Identity(caller));
      channel = rpc::NewChannel(*identities_.back(),
                                absl::StrCat("127.0.0.1:", server_->port()),
                                "command-gate");
    }
    grpc::ClientContext context;
    rpc::PrepareCall(context, absl::Seconds(3));
    const grpc::Slice empty;
    const grpc::ByteBuffer request(&empty, 1);
    grpc::CompletionQueue queue;
    grpc::GenericStub stub(channel);
    const auto call = stub.PrepareUnaryCall(
        &context,
        absl::StrCat("/", method.service()->full_name(), "/", method.name()),
        request, &queue);
    call->StartCall();
    grpc::ByteBuffer answer;
    grpc::Status status;
    call->Finish(&answer, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status.error_code();
  }

  dev_ca::TestCa ca_;
  store::MemoryStore store_{SystemClock(), SystemRandom()};
  audit::ThreadExecutor executor_{4};
  audit::TenantDeciders deciders_{store_, SystemClock(), SystemRandom(),
                                  executor_, "attestation"};
  challenge::ChallengeCore challenge_{SystemClock(), SystemRandom(), store_};
  challenge::ChallengeLocalClient challenge_client_{challenge_};
  challenge::ChallengeServer challenge_server_{challenge_, executor_};
  attestation::AttestationCore attestation_{
      {SystemClock(), SystemRandom(), store_, deciders_, challenge_client_,
       kRpId, fido::RegistrationPolicy()}};
  attestation::AttestationLocalClient attestation_client_{attestation_};
  attestation::AttestationServer attestation_server_{attestation_, executor_};
  device_registry::RegistryModule registry_{RegistryPartsOf(store_)};
  device_registry::RegistryLocalClient registry_client_{
      registry_.core(), rpc::TestCaller("service/command-gate")};
  command_gate::GateModule gate_{command_gate::GateParts{
      SystemClock(), SystemRandom(), store_, attestation_client_,
      challenge_client_, registry_client_}};
  audit::AuditServer audit_server_{
      {store_, SystemClock(), {"command-gate"}, kRpId, "test", ""}, executor_};
  store::MemoryStore agent_store_{SystemClock(), SystemRandom()};
  gateway_agent::TokenGroup tokens_;
  gateway_agent::CueGroup cue_;
  mqtt::FakeMqttBroker broker_{SystemClock()};
  std::unique_ptr<gateway_agent::AgentModule> agent_;
  std::unique_ptr<gateway_agent::LocalServer> local_;
  std::unique_ptr<rpc::Server> agent_server_;
  std::vector<std::unique_ptr<rpc::TlsIdentity>> identities_;
  std::unique_ptr<rpc::Server> server_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_;
};

TEST_F(NotThereYetTest, TheReadmeListsExactlyTheRpcsWithoutBehaviour) {
  std::set<std::string> without;
  for (const ServiceDescriptor* service : AllServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor& method = *service->method(i);
      if (Call(method) == grpc::StatusCode::UNIMPLEMENTED) {
        without.insert(absl::StrCat(service->full_name(), "/", method.name()));
      }
    }
  }
  EXPECT_EQ(without, ReadmeList());
}

}  // namespace
}  // namespace u2fi
