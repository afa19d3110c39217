#include "tests/integration/api/api_server.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/gateway-agent/one_gate.h"
#include "u2fi/audit/v1/audit.pb.h"
#include "u2fi/command_gate/v1/replica.grpc.pb.h"
#include "u2fi/gateway/v1/local.pb.h"

namespace u2fi {
namespace {

constexpr char kRpId[] = "u2fi.test";
constexpr char kLocalApi[] = "u2fi.gateway.v1.AgentLocal";
constexpr char kReplicaApi[] = "u2fi.command_gate.v1.ReplicaLink";

device_registry::RegistryParts RegistryPartsOf(store::Store& store) {
  device_registry::DeviceTokens::Options tokens;
  tokens.keys = {crypto::P256PrivateKey::Generate()};
  return {SystemClock(), SystemRandom(), store, kRpId, tokens};
}

std::string Text(grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return "";
  std::string text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

}  // namespace

std::vector<const google::protobuf::ServiceDescriptor*> AllServices() {
  // Links the files in whose messages nothing else here uses.
  audit::v1::ExportAuditRequest::descriptor();
  command_gate::v1::ForwardRequest::descriptor();
  gateway::v1::DeclineRequest::descriptor();
  std::vector<const google::protobuf::ServiceDescriptor*> services;
  for (const char* name :
       {"u2fi.attestation.v1.Attestation", "u2fi.audit.v1.Audit",
        "u2fi.challenge.v1.Challenge", "u2fi.command_gate.v1.CommandGate",
        kReplicaApi, "u2fi.device_registry.v1.DeviceRegistry", kLocalApi,
        "u2fi.gateway.v1.GatewayLink"}) {
    services.push_back(
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
            name));
    EXPECT_NE(services.back(), nullptr) << name;
  }
  return services;
}

ApiServer::ApiServer()
    : store_(SystemClock(), SystemRandom()),
      deciders_(store_, SystemClock(), SystemRandom(), executor_,
                "attestation"),
      challenge_(SystemClock(), SystemRandom(), store_),
      attestation_({SystemClock(), SystemRandom(), store_, deciders_,
                    challenge_client_, kRpId, fido::RegistrationPolicy()}),
      registry_(RegistryPartsOf(store_)),
      registry_client_(registry_.core(),
                       rpc::TestCaller("service/command-gate")),
      gate_(command_gate::GateParts{SystemClock(), SystemRandom(), store_,
                                    attestation_client_, challenge_client_,
                                    registry_client_}),
      audit_server_(
          {store_, SystemClock(), {"command-gate"}, kRpId, "test", ""},
          executor_),
      agent_store_(SystemClock(), SystemRandom()),
      broker_(SystemClock()) {
  StartMesh();
  StartAgent();
}

void ApiServer::StartMesh() {
  EXPECT_OK(registry_.Start());
  identities_.push_back(ca_.Identity("service/command-gate"));
  rpc::ServiceList services;
  services.Add<command_gate::v1::CommandGate>(gate_.gate_server());
  services.Add<gateway::v1::GatewayLink>(gate_.link_server());
  services.Add<challenge::v1::Challenge>(challenge_server_);
  services.Add<attestation::v1::Attestation>(attestation_server_);
  services.Add<device_registry::v1::DeviceRegistry>(registry_.server());
  services.Add<audit::v1::Audit>(audit_server_);
  auto server = rpc::Server::ListenMutualTls(services, {}, *identities_.back(),
                                             "127.0.0.1:0");
  EXPECT_OK(server);
  server_ = *std::move(server);
  auto for_replicas = rpc::Server::ListenToReplicas(
      rpc::ServiceList().Add<command_gate::v1::ReplicaLink>(
          gate_.replica_server()),
      {}, *identities_.back(), "command-gate", "127.0.0.1:0");
  EXPECT_OK(for_replicas);
  replica_server_ = *std::move(for_replicas);
}

void ApiServer::StartAgent() {
  auto agent = gateway_agent::AgentModule::Create(
      {SystemClock(),
       SystemRandom(),
       {"t1", "s1", "g1", crypto::P256PrivateKey::Generate(), kRpId},
       agent_store_,
       tokens_,
       cue_,
       broker_.MakeClient("agent.g1"),
       std::make_unique<gateway_agent::OneGate>(grpc::CreateChannel(
           "unix:/nowhere", grpc::InsecureChannelCredentials()))});
  EXPECT_OK(agent);
  agent_ = *std::move(agent);
  local_ = std::make_unique<gateway_agent::LocalServer>(*agent_);
  rpc::ServiceList services;
  services.Add<gateway::v1::AgentLocal>(*local_);
  auto server =
      rpc::Server::ListenOnUnixSocket(services, {}, ca_.folder() + "/agent");
  EXPECT_OK(server);
  agent_server_ = *std::move(server);
}

ApiServer::~ApiServer() {
  channels_.clear();
  agent_server_->Shutdown(absl::ZeroDuration());
  replica_server_->Shutdown(absl::ZeroDuration());
  server_->Shutdown(absl::ZeroDuration());
}

std::shared_ptr<grpc::Channel> ApiServer::LocalChannel() {
  std::shared_ptr<grpc::Channel>& channel = channels_[kLocalApi];
  if (channel == nullptr) {
    channel = grpc::CreateChannel("unix:" + ca_.folder() + "/agent",
                                  grpc::InsecureChannelCredentials());
  }
  return channel;
}

std::shared_ptr<grpc::Channel> ApiServer::ChannelOf(const std::string& identity,
                                                    const rpc::Server& server) {
  std::shared_ptr<grpc::Channel>& channel =
      channels_[absl::StrCat(identity, " ", server.port())];
  if (channel == nullptr) {
    identities_.push_back(ca_.Identity(identity));
    channel = rpc::NewChannel(*identities_.back(),
                              absl::StrCat("127.0.0.1:", server.port()),
                              "command-gate");
  }
  return channel;
}

Answer ApiServer::Call(const google::protobuf::MethodDescriptor& method,
                       const std::string& identity, const std::string& request,
                       absl::Duration timeout) {
  grpc::ClientContext context;
  rpc::PrepareCall(context, timeout);
  const grpc::Slice slice(request);
  const grpc::ByteBuffer buffer(&slice, 1);
  grpc::CompletionQueue queue;
  const std::string& service = method.service()->full_name();
  const rpc::Server& server =
      service == kReplicaApi ? *replica_server_ : *server_;
  grpc::GenericStub stub(service == kLocalApi ? LocalChannel()
                                              : ChannelOf(identity, server));
  const auto call = stub.PrepareUnaryCall(
      &context, absl::StrCat("/", service, "/", method.name()), buffer, &queue);
  call->StartCall();
  Answer answer;
  grpc::ByteBuffer response;
  call->Finish(&response, &answer.status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  answer.response = Text(response);
  return answer;
}

}  // namespace u2fi
