#include "tests/e2e/one_site.h"

#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/rules.h"
#include "services/common/random/system_random.h"
#include "services/common/rpc/channel.h"
#include "services/common/rpc/grpc_status.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_macros.h"
#include "services/common/status/status_matchers.h"
#include "tools/device-emulator/kit_endpoint.h"

namespace u2fi::e2e {
namespace {

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file),
                     std::istreambuf_iterator<char>());
}

device_registry::RegistryParts RegistryPartsOf(const Clock& clock,
                                               RandomSource& random,
                                               store::Store& store) {
  device_registry::DeviceTokens::Options tokens;
  tokens.keys = {crypto::P256PrivateKey::Generate()};
  tokens.issuer = "https://u2fi.test";
  tokens.audience = "devices";
  device_registry::RegistryParts parts{clock, random, store, OneSite::kRpId,
                                       tokens};
  parts.origins = {OneSite::kPortal};
  return parts;
}

fido::RegistrationPolicy AnyKey(const Clock& clock) {
  fido::RegistrationPolicy policy;
  policy.trust.now = clock.Now();
  policy.trust.accept_untrusted = true;
  return policy;
}

device_registry::v1::ModelOperation Operation(const std::string& name,
                                              proof::v1::RuleKind kind) {
  device_registry::v1::ModelOperation operation;
  operation.set_operation(name);
  operation.mutable_rule()->set_kind(kind);
  if (kind == proof::v1::RULE_KIND_APPROVALS) {
    operation.mutable_rule()->set_approvals(1);
    operation.mutable_rule()->set_roles(proof::v1::KEY_ROLE_OWNER);
  }
  return operation;
}

std::string LineOf(const audit::v1::AuditRecord& record) {
  if (record.has_row()) return audit::ToLine(record.row());
  if (record.has_checkpoint()) return audit::ToLine(record.checkpoint());
  return audit::ToLine(
      audit::AuditKey{record.key().kid(), record.key().point()});
}

}  // namespace

OneSite::OneSite(const std::vector<std::string>& visitors, KeyKind kind)
    : clock_(SystemClock()),
      random_(SystemRandom()),
      memory_(clock_, random_),
      attestation_deciders_(store_, clock_, random_, executor_, "attestation"),
      challenge_(clock_, random_, store_),
      registry_(std::make_unique<device_registry::RegistryModule>(
          RegistryPartsOf(clock_, random_, store_))),
      registry_client_(std::make_unique<device_registry::RegistryLocalClient>(
          registry_->core(), rpc::TestCaller("service/command-gate"))),
      words_client_(registry_->core()),
      attestation_({clock_,
                    random_,
                    store_,
                    attestation_deciders_,
                    challenge_client_,
                    kRpId,
                    AnyKey(clock_),
                    {kPortal},
                    attestation::kDefaultKeyCache,
                    nullptr,
                    {},
                    &words_client_}),
      broker_(clock_),
      agent_store_(clock_, random_) {
  StartMesh();
  StartAudit();
  MakeRecords();
  key_paths_ = {KeyPath("key"), KeyPath("clone"), KeyPath("second"),
                KeyPath("recovery")};
  for (const std::string& visitor : visitors) {
    key_paths_.push_back(KeyPath(visitor));
  }
  key_ = std::make_unique<PluggedKey>(KeyPath("key"), clock_, random_, kind);
  StartCamera();
  StartAgent();
}

OneSite::~OneSite() {
  relay_->SetLink(nullptr);
  link_.reset();
  approvals_.reset();
  stop_broker_ = true;
  broker_thread_.join();
  devices_.reset();
  camera_.reset();
  second_camera_.reset();
  client_.reset();
  server_->Shutdown(absl::Seconds(1));
  server_.reset();
  audit_.reset();
  gate_.reset();
}

void OneSite::StartMesh() {
  ASSERT_OK(registry_->Start());
  command_gate::GateParts parts{clock_,
                                random_,
                                store_,
                                attestation_client_,
                                challenge_client_,
                                *registry_client_,
                                absl::Seconds(1)};
  parts.approvers.origins = {kPortal};
  gate_ = std::make_unique<command_gate::GateModule>(parts);
  identities_.push_back(ca_.Identity("service/command-gate"));
  rpc::ServiceList services;
  services.Add<command_gate::v1::CommandGate>(gate_->gate_server());
  services.Add<gateway::v1::GatewayLink>(gate_->link_server());
  audit_server_ = std::make_unique<audit::AuditServer>(
      audit::ExportParts{store_,
                         clock_,
                         {"attestation", "command-gate", "device-registry"},
                         kRpId,
                         "test",
                         AuditFile()},
      executor_);
  services.Add<audit::v1::Audit>(*audit_server_);
  auto server = rpc::Server::ListenMutualTls(
      services, rpc::ServerOptions(), *identities_.back(), "127.0.0.1:0");
  ASSERT_OK(server);
  server_ = *std::move(server);
  client_ = command_gate::v1::CommandGate::NewStub(ChannelOf("client/t1/app"));
}

void OneSite::StartAudit() {
  config::v1::AuditConfig config;
  config.set_sink_file(AuditFile());
  audit_ = std::make_unique<audit::AuditRunner>(
      store_, clock_,
      std::vector<audit::TenantDeciders*>{
          &gate_->deciders(), &attestation_deciders_, &registry_->deciders()},
      config);
  ASSERT_OK(audit_->Start());
}

int OneSite::DurableCommits() const {
  return store_.SuccessfulCommits(store::Durability::kDurable) +
         store_.SuccessfulCommits(store::Durability::kReplicated);
}

std::string OneSite::ExportAudit() {
  audit_.reset();
  StartAudit();
  return Contents(AuditFile());
}

absl::StatusOr<std::string> OneSite::DownloadAudit(
    const std::string& identity) {
  const auto stub = audit::v1::Audit::NewStub(ChannelOf(identity));
  grpc::ClientContext context;
  rpc::PrepareCall(context, absl::Seconds(20));
  const auto stream = stub->ExportAudit(&context, {});
  std::string file = audit::ToLine(audit::ExportStart{}) + "\n";
  audit::v1::ExportAuditResponse response;
  while (stream->Read(&response)) {
    for (const audit::v1::AuditRecord& record : response.records()) {
      if (!record.has_header()) file += LineOf(record) + "\n";
    }
  }
  RETURN_IF_ERROR(rpc::FromGrpcStatus(stream->Finish()));
  return file;
}

std::string OneSite::camera_pins() {
  device_registry::v1::ResolveRequest request;
  request.set_tenant("t1");
  request.set_on_behalf_of("ann");
  request.set_purpose(proof::v1::PURPOSE_COMMAND);
  request.add_items()->set_device("cam-1");
  request.mutable_items(0)->set_operation("camera.on");
  const auto resolved = registry_client_->Resolve(request);
  EXPECT_OK(resolved);
  return resolved.ok() ? resolved->items(0).pin_set() : "";
}

std::shared_ptr<grpc::Channel> OneSite::ChannelOf(const std::string& identity) {
  identities_.push_back(ca_.Identity(identity));
  return ChannelAs(*identities_.back());
}

std::shared_ptr<grpc::Channel> OneSite::ChannelAs(
    const rpc::TlsIdentity& identity) {
  return rpc::NewChannel(identity, absl::StrCat("127.0.0.1:", server_->port()),
                         "command-gate");
}

std::unique_ptr<gateway_agent::AgentIdentity> OneSite::AddGateway(
    const std::string& site, const std::string& gateway,
    std::unique_ptr<rpc::TlsIdentity>& tls) {
  const rpc::TlsFiles files =
      ca_.Files(absl::StrCat("gateway/t1/", site, "/", gateway));
  auto loaded = rpc::TlsIdentity::Load(files, clock_.Now());
  EXPECT_OK(loaded);
  tls = *std::move(loaded);
  auto identity = std::make_unique<gateway_agent::AgentIdentity>(
      gateway_agent::AgentIdentity{
          "t1", site, gateway,
          *crypto::P256PrivateKey::FromPem(Contents(files.key)), kRpId});
  device_registry::v1::CreateGatewayRequest create;
  create.set_gateway_id(gateway);
  create.mutable_gateway()->set_site(site);
  create.mutable_gateway()->set_public_key(identity->key.public_key().Spki());
  EXPECT_OK(registry_->core().gateways().CreateGateway(
      rpc::TestCaller("operator/t1/olga"), create));
  return identity;
}

void OneSite::MakeRecords() {
  const rpc::Caller operator_t1 = rpc::TestCaller("operator/t1/olga");
  device_registry::RegistryCore& core = registry_->core();
  device_registry::v1::CreateAccountRequest account;
  account.set_account_id("ann");
  account.mutable_account()->set_display_name("Ann");
  ASSERT_OK(core.accounts().CreateAccount(operator_t1, account));
  device_registry::v1::CreateSiteRequest site;
  site.set_site_id("s1");
  site.mutable_site()->set_owner("ann");
  ASSERT_OK(core.accounts().CreateSite(operator_t1, site));
  identity_ = AddGateway("s1", "g1", gateway_tls_);
  device_registry::v1::UpdateModelRequest model;
  model.mutable_model()->set_name("models/camera");
  *model.mutable_model()->add_operations() =
      Operation("camera.on", proof::v1::RULE_KIND_APPROVALS);
  *model.mutable_model()->add_operations() =
      Operation("device.identify", proof::v1::RULE_KIND_FREE);
  *model.mutable_model()->add_operations() =
      Operation("camera.off", proof::v1::RULE_KIND_APPROVALS);
  device_registry::v1::ModelOperation& snapshot =
      *model.mutable_model()->add_operations();
  snapshot.set_operation("camera.snapshot");
  *snapshot.mutable_rule() = proof::QuorumRule(2);
  ASSERT_OK(core.policies().UpdateModel(operator_t1, model));
  ImportCamera("cam-1", factory_key_.public_key().point());
}

void OneSite::ImportCamera(const std::string& id,
                           const std::string& factory_point) {
  device_registry::RegistryCore& core = registry_->core();
  device_registry::v1::ImportDevicesRequest devices;
  devices.set_request_id(std::string(32, id.back()));
  device_registry::v1::DeviceImport& camera = *devices.add_devices();
  camera.set_device_id(id);
  camera.set_model("camera");
  camera.set_factory_key(factory_point);
  camera.set_kit(true);
  ASSERT_OK(core.device_import().ImportDevices(
      rpc::TestCaller("operator/t1/olga"), devices));
  device_registry::v1::ClaimDeviceRequest claim;
  claim.set_name("devices/" + id);
  claim.set_account("ann");
  ASSERT_OK(
      core.device_claim().ClaimDevice(rpc::TestCaller("client/t1/app"), claim));
}

void OneSite::AddSecondCamera() {
  ImportCamera("cam-2", second_factory_key_.public_key().point());
  second_camera_ = PlugInCamera("cam-2", second_factory_key_, second_storage_);
}

void OneSite::PlugInSecondKey() {
  second_key_ =
      std::make_unique<PluggedKey>(KeyPath("second"), clock_, random_);
}

void OneSite::PlugInRecoveryKey() {
  recovery_key_ =
      std::make_unique<PluggedKey>(KeyPath("recovery"), clock_, random_);
}

void OneSite::CloneKey() {
  std::filesystem::copy(KeyPath("key-state"), KeyPath("clone-state"),
                        std::filesystem::copy_options::recursive);
}

void OneSite::SwapKeyForItsClone() {
  key_.reset();
  key_ = std::make_unique<PluggedKey>(KeyPath("clone"), clock_, random_);
}

std::map<std::string, attestation::v1::TokenState> OneSite::Tokens() {
  attestation::v1::ListTokensRequest request;
  request.set_account("ann");
  const auto listed =
      attestation_.directory.List(rpc::TestCaller("operator/t1/olga"), request);
  EXPECT_OK(listed);
  std::map<std::string, attestation::v1::TokenState> states;
  for (const attestation::v1::Token& token : listed->tokens()) {
    states[token.name().substr(strlen("tokens/"))] = token.state();
  }
  return states;
}

attestation::v1::RecoveryState OneSite::Recovering() {
  attestation::v1::ListRecoveriesRequest request;
  request.set_account("ann");
  const auto listed = attestation_.recoveries.List(
      rpc::TestCaller("operator/t1/olga"), request);
  EXPECT_OK(listed);
  return listed->recoveries_size() == 0
             ? attestation::v1::RECOVERY_STATE_UNSPECIFIED
             : listed->recoveries(0).state();
}

device_registry::v1::Account OneSite::Account() {
  device_registry::v1::GetAccountRequest request;
  request.set_name("accounts/ann");
  const auto got = registry_->core().accounts().GetAccount(
      rpc::TestCaller("operator/t1/olga"), request);
  EXPECT_OK(got);
  return got.ok() ? got->account() : device_registry::v1::Account();
}

void OneSite::StartCamera() {
  camera_ = PlugInCamera("cam-1", factory_key_, storage_);
}

std::unique_ptr<device::DeviceLink> OneSite::PlugInCamera(
    const std::string& id, const crypto::P256PrivateKey& factory_key,
    device::FakeDeviceStorage& storage) {
  device::Device::Parts parts{{id, "g1"}, factory_key, "camera", nullptr};
  auto camera = device::Device::Create(std::move(parts), storage,
                                       storage.Load(), clock_, console_);
  EXPECT_OK(camera);
  const auto topics = mqtt::GatewayTopics::Create("t1", "s1", "g1");
  return std::make_unique<device::DeviceLink>(
      id, *topics,
      broker_.MakeClient(id, true, device::DeviceLink::Will(*topics, id)),
      std::make_unique<device::KitEndpoint>(*std::move(camera)), console_);
}

void OneSite::StartAgent() {
  relay_ = std::make_unique<Relay>();
  site_ = std::make_unique<gateway_agent::SiteStore>(
      *gateway_agent::SiteStore::Open(agent_store_, "t1"));
  tokens_ = std::make_unique<gateway_agent::SocketTokens>(key_paths_, clock_,
                                                          random_);
  approvals_ = std::make_unique<gateway_agent::ApprovalDesk>(
      *identity_, clock_, *tokens_, cue_, *relay_);
  agent_mqtt_ = broker_.MakeClient("agent.g1");
  auto devices = gateway_agent::DeviceDesk::Create(*identity_, clock_, *site_,
                                                   *agent_mqtt_, *relay_);
  ASSERT_OK(devices);
  devices_ = *std::move(devices);
  broker_thread_ = std::thread([this] {
    while (!stop_broker_) {
      broker_.Settle();
      usleep(1000);
    }
  });
  gates_ = std::make_unique<gateway_agent::OneGate>(ChannelAs(*gateway_tls_));
  gateway_agent::MeshLink::Options options;
  options.first_backoff = absl::Milliseconds(20);
  link_ = std::make_unique<gateway_agent::MeshLink>(
      *gates_, clock_, random_, Greeting,
      std::vector<gateway_agent::MeshHandler*>{approvals_.get(),
                                               devices_.get()},
      options);
  relay_->SetLink(link_.get());
  link_->Start();
  WaitForGateway("g1");
}

gateway::v1::Hello OneSite::Greeting() {
  gateway::v1::Hello hello;
  hello.set_format_min(1);
  hello.set_format_max(1);
  return hello;
}

void OneSite::WaitForGateway(const std::string& gateway) {
  while (!gate_->sessions().FindHere("t1", gateway).has_value()) usleep(1000);
}

}  // namespace u2fi::e2e
