#include "services/gateway-agent/agent_config.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/config/checks.h"
#include "services/common/file/file.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::gateway_agent {
namespace {

using config::Checks;
using config::v1::DeviceLinkConfig;
using config::v1::GatewayAgentConfig;

constexpr char kTopicPrefix[] = "u2fi";
constexpr size_t kMaxPasswordFile = 1024;
// A path that fits into the address of a Unix socket.
constexpr size_t kMaxSocketPath = 107;

void CheckWho(const GatewayAgentConfig& config, Checks& checks) {
  checks.Require(proof::IsId(config.tenant()), "tenant", "must be an id");
  checks.Require(proof::IsId(config.site()), "site", "must be an id");
  checks.Require(proof::IsId(config.gateway()), "gateway", "must be an id");
}

void CheckLocal(const GatewayAgentConfig& config, Checks& checks) {
  const std::string path = LocalSocketOf(config);
  checks.Require(!path.empty() && path.size() <= kMaxSocketPath, "local_socket",
                 "must be a path of 1 to 107 bytes");
}

void CheckTokens(const GatewayAgentConfig& config, Checks& checks) {
  const auto& tokens = config.tokens();
  checks.Require(tokens.hidraw() || tokens.soft_tokens_size() > 0, "tokens",
                 "names no place to look for keys");
  for (const std::string& path : tokens.soft_tokens()) {
    checks.Require(!path.empty() && path.size() <= kMaxSocketPath,
                   "tokens.soft_tokens", "must be paths of 1 to 107 bytes");
  }
  checks.Range("tokens.touch_timeout", tokens.has_touch_timeout(),
               tokens.touch_timeout(), absl::Seconds(1), absl::Minutes(2));
}

void CheckCue(const GatewayAgentConfig& config, Checks& checks) {
  const auto& cue = config.cue();
  checks.Require(cue.terminal() || !cue.hook().empty(), "cue",
                 "shows nothing: nobody would know what a touch is for");
  checks.Require(cue.hook().empty() || cue.hook()[0] == '/', "cue.hook",
                 "must be an absolute path");
  checks.Range("cue.hook_timeout", cue.has_hook_timeout(), cue.hook_timeout(),
               absl::Milliseconds(100), absl::Seconds(30));
}

void CheckDevices(const DeviceLinkConfig& devices, Checks& checks) {
  const absl::StatusOr<mqtt::BrokerOptions> broker =
      ParseBrokerUrl(devices.broker());
  checks.Require(broker.ok(), "devices.broker",
                 "must be mqtts://host:port, or mqtt:// with a loopback "
                 "address and port");
  checks.Require(
      !broker.ok() || broker->plaintext || !devices.ca_file().empty(),
      "devices.ca_file", "is required with mqtts://");
  checks.Required("devices.user", devices.user());
  checks.Require(devices.password_file().empty() != devices.password().empty(),
                 "devices.password_file",
                 "is required, or password instead of it");
  checks.Require(
      devices.topic_prefix().empty() || devices.topic_prefix() == kTopicPrefix,
      "devices.topic_prefix", "can only be u2fi");
  const std::string& users = devices.broker_password_file();
  checks.Require(users.empty() || users[0] == '/',
                 "devices.broker_password_file", "must be an absolute path");
  const std::string& hook = devices.broker_reload_hook();
  checks.Require(hook.empty() || hook[0] == '/', "devices.broker_reload_hook",
                 "must be an absolute path");
  checks.Require(hook.empty() || !users.empty(), "devices.broker_reload_hook",
                 "goes with broker_password_file");
}

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (absl::StartsWith(host, "127.") &&
          host.find_first_not_of("0123456789.") == host.npos);
}

}  // namespace

absl::Status CheckAgentConfig(const GatewayAgentConfig& config) {
  Checks checks;
  CheckWho(config, checks);
  config::CheckTls("tls", config.tls(), checks);
  config::CheckPeer("mesh", config.mesh(), checks);
  checks.Required("rp_id", config.rp_id());
  if (!config.rp_id().empty()) checks.Domain("rp_id", config.rp_id());
  checks.Required("state_dir", config.state_dir());
  CheckTokens(config, checks);
  CheckCue(config, checks);
  CheckDevices(config.devices(), checks);
  CheckLocal(config, checks);
  if (!config.health_address().empty()) {
    checks.Address("health_address", config.health_address());
  }
  config::CheckLog("log", config.log(), checks);
  config::CheckMetrics("metrics", config.metrics(), checks);
  checks.Range("reconnect_cap", config.has_reconnect_cap(),
               config.reconnect_cap(), absl::Seconds(1), absl::Minutes(10));
  checks.Range("journal_rows", config.journal_rows(), 1'000, 10'000'000);
  return checks.Result();
}

absl::Status CheckInitConfig(const GatewayAgentConfig& config) {
  Checks checks;
  CheckWho(config, checks);
  checks.Required("tls.key_file", config.tls().key_file());
  checks.Domain("tls.trust_domain", config.tls().trust_domain());
  return checks.Result();
}

absl::Status CheckLocalConfig(const GatewayAgentConfig& config) {
  Checks checks;
  CheckLocal(config, checks);
  return checks.Result();
}

std::string GatewayUri(const GatewayAgentConfig& config) {
  return absl::StrCat("spiffe://", config.tls().trust_domain(), "/gateway/",
                      config.tenant(), "/", config.site(), "/",
                      config.gateway());
}

std::string LocalSocketOf(const GatewayAgentConfig& config) {
  if (!config.local_socket().empty() || config.state_dir().empty()) {
    return config.local_socket();
  }
  return absl::StrCat(config.state_dir(), "/agent.sock");
}

absl::StatusOr<mqtt::BrokerOptions> ParseBrokerUrl(const std::string& url) {
  absl::string_view rest = url;
  mqtt::BrokerOptions options;
  options.plaintext = absl::ConsumePrefix(&rest, "mqtt://");
  if (!options.plaintext && !absl::ConsumePrefix(&rest, "mqtts://")) {
    return FieldError("broker", "is no mqtts:// or mqtt:// URL");
  }
  const size_t colon = rest.rfind(':');
  if (colon == rest.npos || colon == 0 ||
      !absl::SimpleAtoi(rest.substr(colon + 1), &options.port) ||
      options.port < 1 || options.port > 65535) {
    return FieldError("broker", "has no host and port");
  }
  const absl::string_view host = rest.substr(0, colon);
  if (host.find_first_of("/@ ?#") != host.npos) {
    return FieldError("broker", "has more than host and port");
  }
  if (options.plaintext && !IsLoopback(host)) {
    return FieldError("broker", "is plaintext to another machine");
  }
  options.host = std::string(host);
  return options;
}

absl::StatusOr<mqtt::BrokerOptions> BrokerOptionsOf(
    const DeviceLinkConfig& config) {
  ASSIGN_OR_RETURN(mqtt::BrokerOptions options,
                   ParseBrokerUrl(config.broker()));
  options.ca_file = config.ca_file();
  options.user = config.user();
  options.password = config.password();
  if (!config.password_file().empty()) {
    ASSIGN_OR_RETURN(const std::string text,
                     ReadFile(config.password_file(), kMaxPasswordFile));
    options.password = std::string(absl::StripAsciiWhitespace(text));
  }
  RETURN_IF_ERROR(mqtt::CheckBrokerOptions(options));
  return options;
}

}  // namespace u2fi::gateway_agent
