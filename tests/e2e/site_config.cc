#include "tests/e2e/site_config.h"

#include <sys/stat.h>

#include <fstream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"
#include "services/common/crypto/p256.h"
#include "u2fi/config/v1/agent.pb.h"

namespace u2fi::e2e {
namespace {

constexpr char kRpId[] = "u2fi.test";

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
  chmod(path.c_str(), 0600);
}

// A test that kills services makes commands expire; nobody is to be kept from
// asking because of that.
void SetGate(config::v1::CommandGateSettings& settings) {
  settings.set_refusals_before_cooldown(10);
  settings.set_account_requests_per_minute(1'000'000);
  settings.set_gateway_requests_per_minute(1'000'000);
}

}  // namespace

std::string InstanceName(const std::string& service, int index) {
  return index == 0 ? service : absl::StrCat(service, "-", index);
}

std::string GateName(int index) { return InstanceName("command-gate", index); }

std::string ReplicaName(int index) { return absl::StrCat("replica-", index); }

SiteConfig::SiteConfig(const dev_ca::TestCa& ca, Addresses addresses,
                       config::v1::RedisStoreConfig redis)
    : ca_(ca), addresses_(std::move(addresses)), redis_(std::move(redis)) {
  WriteFile(ca_.folder() + "/jwt.pem",
            crypto::P256PrivateKey::Generate().ToPem());
  SetGate(gate_);
}

void SiteConfig::AddWebhook(const std::string& url, const std::string& key) {
  config::v1::WebhookConfig& webhook = *gate_.add_webhooks();
  webhook.set_tenant("t1");
  webhook.set_url(url);
  webhook.set_key(key);
}

const rpc::TlsFiles& SiteConfig::FilesOf(const std::string& identity) {
  const auto found = files_.find(identity);
  if (found != files_.end()) return found->second;
  return files_[identity] = ca_.Files(identity);
}

template <typename Tls>
void SiteConfig::SetTls(const std::string& identity, Tls& tls) {
  const rpc::TlsFiles& files = FilesOf(identity);
  tls.set_certificate_file(files.certificate);
  tls.set_key_file(files.key);
  tls.set_ca_file(files.roots);
  tls.set_trust_domain(files.trust_domain);
}

template <typename Config>
void SiteConfig::SetCommon(const std::string& service, int index,
                           Config& config) {
  config.mutable_listen()->set_address(
      addresses_.at(InstanceName(service, index)));
  config.mutable_listen()->mutable_shutdown_grace()->set_seconds(1);
  config.mutable_listen()->set_accepts_per_second(accepts_per_second_);
  config.mutable_listen()->set_memory_mib(memory_mib_);
  SetTls("service/" + service, *config.mutable_tls());
  if (redis_.addresses().empty()) {
    config.mutable_store()->mutable_sqlite()->set_file(ca_.folder() +
                                                       "/u2fi.db");
  } else {
    *config.mutable_store()->mutable_redis() = redis_;
  }
  config.mutable_log()->set_level(config::v1::LOG_LEVEL_WARNING);
}

template <typename Peer>
void SiteConfig::SetPeer(const std::string& service, Peer& peer) const {
  peer.set_target(Target(service));
}

template <typename Settings>
void SiteConfig::SetRegistry(Settings& settings) const {
  settings.mutable_relying_party()->set_rp_id(kRpId);
  settings.mutable_device_token()->add_key_files(ca_.folder() + "/jwt.pem");
  settings.mutable_device_token()->set_issuer("https://u2fi.test");
  settings.mutable_device_token()->set_audience("devices");
}

std::string SiteConfig::Write(const std::string& name,
                              const google::protobuf::Message& config) const {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(config, &json, options)
           .ok()) {
    json.clear();
  }
  std::string path = absl::StrCat(ca_.folder(), "/", name, ".json");
  WriteFile(path, json);
  return path;
}

std::string SiteConfig::Standalone() {
  config::v1::StandaloneConfig config;
  SetCommon("command-gate", 0, config);
  config.mutable_attestation()->mutable_relying_party()->set_rp_id(kRpId);
  SetRegistry(*config.mutable_device_registry());
  *config.mutable_command_gate() = gate_;
  return Write("standalone", config);
}

std::string SiteConfig::Challenge(int index) {
  config::v1::ChallengeConfig config;
  SetCommon("challenge", index, config);
  return Write(InstanceName("challenge", index), config);
}

std::string SiteConfig::Attestation(int index) {
  config::v1::AttestationConfig config;
  SetCommon("attestation", index, config);
  SetPeer("challenge", *config.mutable_challenge());
  SetPeer("device-registry", *config.mutable_device_registry());
  config.mutable_settings()->mutable_relying_party()->set_rp_id(kRpId);
  return Write(InstanceName("attestation", index), config);
}

std::string SiteConfig::Registry(int index) {
  config::v1::DeviceRegistryConfig config;
  SetCommon("device-registry", index, config);
  SetRegistry(*config.mutable_settings());
  return Write(InstanceName("device-registry", index), config);
}

std::string SiteConfig::Gate(int index, int count) {
  config::v1::CommandGateConfig config;
  SetCommon("command-gate", index, config);
  if (count > 1) {
    const std::string& address = addresses_.at(ReplicaName(index));
    config.mutable_replica()->set_listen_address(address);
    config.mutable_replica()->set_advertise_address(address);
  }
  SetPeer("challenge", *config.mutable_challenge());
  SetPeer("attestation", *config.mutable_attestation());
  SetPeer("device-registry", *config.mutable_device_registry());
  *config.mutable_settings() = gate_;
  return Write(GateName(index), config);
}

std::string SiteConfig::Target(const std::string& service) const {
  std::string target = "ipv4:";
  for (int i = 0; addresses_.count(InstanceName(service, i)) > 0; ++i) {
    absl::StrAppend(&target, i > 0 ? "," : "",
                    addresses_.at(InstanceName(service, i)));
  }
  return target;
}

std::string SiteConfig::Agent(const std::string& site,
                              const std::string& gateway,
                              const mqtt::BrokerOptions& broker,
                              const std::vector<std::string>& tokens) {
  config::v1::GatewayAgentConfig config;
  config.set_tenant("t1");
  config.set_site(site);
  config.set_gateway(gateway);
  SetTls(absl::StrCat("gateway/t1/", site, "/", gateway),
         *config.mutable_tls());
  config.mutable_mesh()->set_target(Target("command-gate"));
  config.set_rp_id(kRpId);
  config.set_state_dir(absl::StrCat(ca_.folder(), "/state-", gateway));
  for (const std::string& token : tokens) {
    config.mutable_tokens()->add_soft_tokens(token);
  }
  auto& devices = *config.mutable_devices();
  devices.set_broker(absl::StrCat("mqtts://", broker.host, ":", broker.port));
  devices.set_ca_file(broker.ca_file);
  devices.set_user(broker.user);
  devices.set_password(broker.password);
  config.mutable_log()->set_level(config::v1::LOG_LEVEL_WARNING);
  config.mutable_cue()->set_terminal(true);
  config.mutable_reconnect_cap()->set_seconds(1);
  return Write("agent-" + gateway, config);
}

}  // namespace u2fi::e2e
