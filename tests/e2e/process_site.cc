#include "tests/e2e/process_site.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "grpcpp/grpcpp.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/p256.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/link_file.h"
#include "services/common/rpc/channel.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/clock.h"
#include "tests/e2e/site_call.h"
#include "tests/ports/free_port.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;
using command_gate::v1::SubmitCommandRequest;

constexpr char kSoftToken[] = "tools/soft-token/soft-token";
constexpr char kEmulator[] = "tools/device-emulator/device-emulator";
constexpr size_t kMaxFile = size_t{64} << 20;
constexpr absl::Duration kStartLimit = absl::Seconds(30);

absl::Status Named(const std::string& step, const absl::Status& status) {
  return WithContext(step, status);
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

}  // namespace

absl::StatusOr<std::unique_ptr<ProcessSite>> ProcessSite::Start(
    const Options& options) {
  std::unique_ptr<ProcessSite> site(new ProcessSite(options));
  site->StartMesh();
  const absl::Status status = site->StartRest();
  if (!status.ok()) {
    return absl::InternalError(
        absl::StrCat(status.ToString(), "\n", site->Logs()));
  }
  return site;
}

absl::Status ProcessSite::StartRest() {
  RETURN_IF_ERROR(Named("records", MakeRecords()));
  if (options_.gateways == 0) return absl::OkStatus();
  RETURN_IF_ERROR(Named("gateways", StartGateways()));
  RETURN_IF_ERROR(Named("devices", StartDevices()));
  for (int i = 0; i < options_.gateways; ++i) {
    RETURN_IF_ERROR(Named(Gateway(i), EnrolAndProvision(i)));
  }
  return absl::OkStatus();
}

std::string ProcessSite::GateAddress() const {
  return addresses_.at("command-gate");
}

std::string ProcessSite::Logs() const {
  std::string logs;
  for (const std::string& name : CountedPrograms()) {
    absl::StrAppend(&logs, "-- ", name, "\n", programs_.LogOf(name));
  }
  return logs;
}

ProcessSite::ProcessSite(const Options& options)
    : options_(options), programs_(ca_.folder()) {
  const std::string standalone = NewAddress(0);
  for (const char* service :
       {"challenge", "attestation", "device-registry", "command-gate"}) {
    addresses_[service] = options.mesh ? NewAddress(0) : standalone;
  }
  for (const char* service : {"challenge", "attestation", "device-registry"}) {
    for (int i = 1; i < options.replicas; ++i) {
      addresses_[InstanceName(service, i)] = NewAddress(i);
    }
  }
  for (int i = 0; options.gates > 1 && i < options.gates; ++i) {
    if (i > 0) addresses_[GateName(i)] = NewAddress(i);
    addresses_[ReplicaName(i)] = NewAddress(i);
  }
}

std::string ProcessSite::NewAddress(int replica) const {
  return absl::StrCat(
      options_.boxes == nullptr ? "127.0.0.1" : options_.boxes->host(replica),
      ":", FreePort());
}

std::vector<std::string> ProcessSite::CountedPrograms() const {
  std::vector<std::string> names = {"standalone"};
  if (options_.mesh) {
    names.clear();
    for (const char* name : {"challenge", "attestation", "device-registry"}) {
      for (int i = 0; i < options_.replicas; ++i) {
        names.push_back(InstanceName(name, i));
      }
    }
    for (int i = 0; i < options_.gates; ++i) names.push_back(GateName(i));
  }
  for (int i = 0; i < options_.gateways; ++i) {
    names.push_back(absl::StrCat("agent-", i));
  }
  return names;
}

config::v1::RedisStoreConfig ProcessSite::StartRedis() {
  config::v1::RedisStoreConfig redis;
  if (options_.redis.has_value()) return *options_.redis;
  if (!options_.mesh) return redis;
  if (!options_.sentinel) {
    redis_ = std::make_unique<store::RedisServer>(store::ServerKind::kRedis);
    redis_->Start();
    redis.add_addresses(redis_->address());
    return redis;
  }
  redis_group_ = std::make_unique<store::RedisGroup>();
  redis_group_->Start();
  for (const std::string& sentinel : redis_group_->sentinels()) {
    redis.add_addresses(sentinel);
  }
  redis.set_sentinel_master(store::RedisGroup::kName);
  redis.set_sentinel_password(store::RedisGroup::kSentinelPassword);
  redis.set_wait_replicas(options_.wait_replicas);
  redis.mutable_command_timeout()->set_seconds(2);
  return redis;
}

void ProcessSite::StartMesh() {
  config_ = std::make_unique<SiteConfig>(ca_, addresses_, StartRedis());
  config_->SetConnections(options_.memory_mib, options_.accepts_per_second);
  if (!options_.webhook_url.empty()) {
    config_->AddWebhook(options_.webhook_url, options_.webhook_key);
  }
  if (!options_.mesh) StartReplica("standalone", 0, config_->Standalone());
  for (int i = 0; options_.mesh && i < options_.replicas; ++i) {
    StartReplica("challenge", i, config_->Challenge(i));
    StartReplica("attestation", i, config_->Attestation(i));
    StartReplica("device-registry", i, config_->Registry(i));
  }
  for (int i = 0; options_.mesh && i < options_.gates; ++i) {
    StartReplica("command-gate", i, config_->Gate(i, options_.gates));
  }
  using device_registry::v1::DeviceRegistry;
  operator_ =
      DeviceRegistry::NewStub(ChannelOf("operator/t1/olga", "device-registry"));
  token_operator_ = attestation::v1::Attestation::NewStub(
      ChannelOf("operator/t1/olga", "attestation"));
  client_ =
      DeviceRegistry::NewStub(ChannelOf("client/t1/app", "device-registry"));
  using command_gate::v1::CommandGate;
  for (int i = 0; i < options_.gates; ++i) {
    gates_.push_back(CommandGate::NewStub(ChannelOfGate("client/t1/app", i)));
    gate_operators_.push_back(
        CommandGate::NewStub(ChannelOfGate("operator/t1/olga", i)));
  }
}

void ProcessSite::StartReplica(const std::string& service, int index,
                               const std::string& config) {
  std::vector<std::string> words = {
      ProgramPath(absl::StrCat("services/", service, "/", service)), "--config",
      config};
  const std::string name = InstanceName(service, index);
  const auto starter = options_.starters.find(name);
  if (starter != options_.starters.end()) {
    words.insert(words.begin(), starter->second.begin(), starter->second.end());
  }
  if (options_.boxes != nullptr) words = options_.boxes->At(index, words);
  programs_.Start(name, words);
}

std::shared_ptr<grpc::Channel> ProcessSite::ChannelOf(
    const std::string& identity, const std::string& service) {
  identities_.push_back(ca_.Identity(identity));
  // Standalone has one certificate: the gate's.
  return rpc::NewChannel(*identities_.back(), addresses_.at(service),
                         options_.mesh ? service : "command-gate");
}

std::shared_ptr<grpc::Channel> ProcessSite::ChannelOfGate(
    const std::string& identity, int index) {
  identities_.push_back(ca_.Identity(identity));
  return rpc::NewChannel(*identities_.back(), addresses_.at(GateName(index)),
                         "command-gate");
}

absl::Status ProcessSite::MakeRecords() {
  device_registry::v1::UpdateModelRequest model;
  model.mutable_model()->set_name("models/camera");
  *model.mutable_model()->add_operations() =
      Operation("camera.on", proof::v1::RULE_KIND_APPROVALS);
  *model.mutable_model()->add_operations() =
      Operation("device.identify", proof::v1::RULE_KIND_FREE);
  device_registry::v1::UpdateModelResponse updated;
  RETURN_IF_ERROR(Call(*operator_,
                       &device_registry::v1::DeviceRegistry::Stub::UpdateModel,
                       model, updated, kStartLimit));
  for (int i = 0; i < options_.gateways; ++i) {
    RETURN_IF_ERROR(MakeRecordsOf(i));
  }
  return absl::OkStatus();
}

absl::Status ProcessSite::MakeRecordsOf(int gateway) {
  using Stub = device_registry::v1::DeviceRegistry::Stub;
  device_registry::v1::CreateAccountRequest account;
  account.set_account_id(Account(gateway));
  account.mutable_account()->set_display_name(Account(gateway));
  device_registry::v1::CreateAccountResponse account_made;
  RETURN_IF_ERROR(
      Call(*operator_, &Stub::CreateAccount, account, account_made));
  device_registry::v1::CreateSiteRequest site;
  site.set_site_id(Site(gateway));
  site.mutable_site()->set_owner(Account(gateway));
  device_registry::v1::CreateSiteResponse site_made;
  RETURN_IF_ERROR(Call(*operator_, &Stub::CreateSite, site, site_made));
  const rpc::TlsFiles& files = config_->FilesOf(
      absl::StrCat("gateway/t1/", Site(gateway), "/", Gateway(gateway)));
  ASSIGN_OR_RETURN(const std::string pem, ReadFile(files.key, kMaxFile));
  ASSIGN_OR_RETURN(const crypto::P256PrivateKey key,
                   crypto::P256PrivateKey::FromPem(pem));
  device_registry::v1::CreateGatewayRequest record;
  record.set_gateway_id(Gateway(gateway));
  record.mutable_gateway()->set_site(Site(gateway));
  record.mutable_gateway()->set_public_key(key.public_key().Spki());
  device_registry::v1::CreateGatewayResponse record_made;
  return Call(*operator_, &Stub::CreateGateway, record, record_made);
}

absl::Status ProcessSite::StartGateways() {
  for (int i = 0; i < options_.gateways; ++i) {
    RETURN_IF_ERROR(StartGateway(i));
  }
  return absl::OkStatus();
}

absl::Status ProcessSite::StartGateway(int gateway) {
  const std::string token = absl::StrCat(ca_.folder(), "/token-", gateway);
  programs_.Start(
      absl::StrCat("token-", gateway),
      {ProgramPath(kSoftToken), "--state", token, "--socket", token + ".sock",
       "--control", token + ".ctl", "--touch=auto"});
  ASSIGN_OR_RETURN(
      std::unique_ptr<mqtt::Mosquitto> broker,
      mqtt::Mosquitto::Start({"t1", Site(gateway), Gateway(gateway)}));
  ASSIGN_OR_RETURN(const mqtt::BrokerOptions options,
                   broker->OptionsFor("agent." + Gateway(gateway)));
  brokers_.push_back(std::move(broker));
  // The agent keeps this certificate's key: it is the gateway's identity.
  programs_.Start(
      absl::StrCat("agent-", gateway),
      {ProgramPath("services/gateway-agent/gateway-agent"), "run", "--config",
       config_->Agent(Site(gateway), Gateway(gateway), options,
                      {token + ".sock"})});
  return absl::OkStatus();
}

absl::Status ProcessSite::StartDevices() {
  RETURN_IF_ERROR(MakeFolder(ca_.folder() + "/links", 0700));
  std::vector<std::string> words = {"--state", ca_.folder() + "/devices"};
  std::vector<std::pair<int, std::string>> all;
  for (int i = 0; i < options_.gateways; ++i) {
    for (const std::string& camera : Cameras(i, options_.cameras)) {
      words.insert(words.end(),
                   {"--device",
                    camera + (options_.plain ? "=camera:plain" : "=camera")});
      RETURN_IF_ERROR(WriteLink(i, camera));
      all.emplace_back(i, camera);
    }
  }
  std::vector<std::string> identity = {ProgramPath(kEmulator), "identity"};
  identity.insert(identity.end(), words.begin(), words.end());
  const std::string list = ca_.folder() + "/identities";
  if (store::ChildProcess(identity, list).Wait() != 0) {
    return absl::InternalError("device-emulator identity failed");
  }
  ASSIGN_OR_RETURN(const std::string text, ReadFile(list, kMaxFile));
  auto next = all.begin();
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    std::string key;
    absl::Base64Unescape(
        nlohmann::json::parse(line)["factory_key"].get<std::string>(), &key);
    RETURN_IF_ERROR(ImportDevice(next->first, next->second, key));
    ++next;
  }
  std::vector<std::string> run = {ProgramPath(kEmulator), "run", "--links",
                                  ca_.folder() + "/links"};
  run.insert(run.end(), words.begin(), words.end());
  programs_.Start("devices", run);
  return absl::OkStatus();
}

absl::Status ProcessSite::WriteLink(int gateway, const std::string& camera) {
  ASSIGN_OR_RETURN(const mqtt::BrokerOptions options,
                   brokers_[gateway]->OptionsFor(camera));
  mqtt::DeviceLinkSettings link;
  link.host = options.host;
  link.port = options.port;
  link.ca_file = options.ca_file;
  link.tenant = "t1";
  link.site = Site(gateway);
  link.gateway = Gateway(gateway);
  link.device = camera;
  link.password = options.password;
  return mqtt::WriteLinkFile(
      absl::StrCat(ca_.folder(), "/links/", camera, ".json"), link);
}

absl::Status ProcessSite::ImportDevice(int gateway, const std::string& camera,
                                       const std::string& factory_key) {
  using Stub = device_registry::v1::DeviceRegistry::Stub;
  device_registry::v1::ImportDevicesRequest import;
  import.set_request_id(absl::StrCat(absl::Hex(requests_++, absl::kZeroPad16),
                                     "0000000000000000"));
  device_registry::v1::DeviceImport& device = *import.add_devices();
  device.set_device_id(camera);
  device.set_model("camera");
  device.set_factory_key(factory_key);
  device.set_kit(!options_.plain);
  device_registry::v1::ImportDevicesResponse imported;
  RETURN_IF_ERROR(Call(*operator_, &Stub::ImportDevices, import, imported));
  device_registry::v1::ClaimDeviceRequest claim;
  claim.set_name("devices/" + camera);
  claim.set_account(Account(gateway));
  device_registry::v1::ClaimDeviceResponse claimed;
  return Call(*client_, &Stub::ClaimDevice, claim, claimed);
}

SubmitCommandRequest ProcessSite::NewRequest(int gateway) {
  SubmitCommandRequest request;
  request.set_request_id(absl::StrCat(absl::Hex(requests_++, absl::kZeroPad16),
                                      "0000000000000000"));
  request.mutable_options()->set_on_behalf_of(Account(gateway));
  request.mutable_options()->mutable_approve_within()->set_seconds(
      options_.approve_within);
  request.mutable_options()->mutable_execute_within()->set_seconds(
      options_.execute_within);
  return request;
}

absl::StatusOr<SubmitCommandRequest> ProcessSite::EnrolRequest(int gateway) {
  SubmitCommandRequest request = NewRequest(gateway);
  request.mutable_item()->set_device("account:" + Account(gateway));
  request.mutable_item()->set_operation("u2fi.enrol");
  request.mutable_options()->set_purpose(proof::v1::PURPOSE_ENROL);
  request.mutable_options()->mutable_place()->set_gateway(Gateway(gateway));
  return request;
}

absl::StatusOr<SubmitCommandRequest> ProcessSite::ProvisionRequest(
    int gateway, const std::string& camera) {
  device_registry::v1::PlanPinsRequest plan;
  plan.set_purpose(proof::v1::PURPOSE_PROVISION);
  plan.add_devices(camera);
  plan.set_account(Account(gateway));
  plan.set_site(Site(gateway));
  plan.add_gateways(Gateway(gateway));
  device_registry::v1::PlanPinsResponse planned;
  RETURN_IF_ERROR(Call(*client_,
                       &device_registry::v1::DeviceRegistry::Stub::PlanPins,
                       plan, planned));
  SubmitCommandRequest request = NewRequest(gateway);
  request.mutable_item()->set_device(camera);
  request.mutable_item()->set_operation("u2fi.pins");
  request.mutable_item()->set_message(planned.plans(0).pin_set());
  request.mutable_options()->set_purpose(proof::v1::PURPOSE_PROVISION);
  request.mutable_options()->mutable_place()->set_gateway(Gateway(gateway));
  return request;
}

absl::Status ProcessSite::RunToEnd(const SubmitCommandRequest& request,
                                   const std::string& what) {
  ASSIGN_OR_RETURN(const CommandRecord submitted, SubmitRequest(request));
  ASSIGN_OR_RETURN(const CommandRecord ended, Wait(submitted.name()));
  if (ended.state() == command_gate::v1::COMMAND_STATE_SUCCEEDED) {
    return absl::OkStatus();
  }
  return absl::InternalError(
      absl::StrCat(what, ": ", ended.ShortDebugString()));
}

absl::Status ProcessSite::EnrolAndProvision(int gateway) {
  const absl::Time end = SystemClock().Now() + kStartLimit;
  ASSIGN_OR_RETURN(const SubmitCommandRequest enrol, EnrolRequest(gateway));
  absl::Status status = RunToEnd(enrol, "enrol");
  // The agent or its token may not be there yet.
  while (!status.ok() && SystemClock().Now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSIGN_OR_RETURN(const SubmitCommandRequest again, EnrolRequest(gateway));
    status = RunToEnd(again, "enrol");
  }
  RETURN_IF_ERROR(status);
  for (const std::string& camera : Cameras(gateway, options_.cameras)) {
    RETURN_IF_ERROR(Provision(gateway, camera));
  }
  return absl::OkStatus();
}

absl::Status ProcessSite::Provision(int gateway, const std::string& camera) {
  const absl::Time end = SystemClock().Now() + kStartLimit;
  absl::Status status;
  do {
    ASSIGN_OR_RETURN(const SubmitCommandRequest provision,
                     ProvisionRequest(gateway, camera));
    status = RunToEnd(provision, "provision");
  } while (!status.ok() && SystemClock().Now() < end);
  RETURN_IF_ERROR(status);
  return WaitUntilOnline(gateway, camera);
}

absl::Status ProcessSite::WaitUntilOnline(int gateway,
                                          const std::string& camera) {
  const absl::Time end = SystemClock().Now() + kStartLimit;
  while (SystemClock().Now() < end) {
    ASSIGN_OR_RETURN(const gateway::v1::StatusResponse response,
                     AgentStatus(gateway));
    for (const auto& device : response.devices()) {
      if (device.device() == camera && device.online()) {
        return absl::OkStatus();
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return absl::DeadlineExceededError(camera + " does not connect");
}

}  // namespace u2fi::e2e
