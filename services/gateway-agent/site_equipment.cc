#include "services/gateway-agent/site_equipment.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/common/config/checks.h"
#include "services/common/random/system_random.h"
#include "services/common/status/status_macros.h"
#include "services/common/time/clock.h"
#include "services/gateway-agent/agent_config.h"
#include "services/gateway-agent/hidraw_tokens.h"
#include "services/gateway-agent/hook_cue.h"
#include "services/gateway-agent/socket_tokens.h"

namespace u2fi::gateway_agent {

absl::StatusOr<std::unique_ptr<SiteEquipment>> SiteEquipment::Make(
    const config::v1::GatewayAgentConfig& config) {
  std::unique_ptr<SiteEquipment> made(new SiteEquipment());
  if (config.tokens().hidraw()) RETURN_IF_ERROR(made->AddUsbTokens());
  made->AddSoftTokens(config.tokens());
  made->AddCues(config.cue());
  if (!config.devices().broker_password_file().empty()) {
    RETURN_IF_ERROR(made->AddCredentials(config));
  }
  return made;
}

absl::Status SiteEquipment::AddUsbTokens() {
  auto finder =
      std::make_unique<HidrawTokens>(bus_, SystemClock(), SystemRandom());
  HidrawTokens* const found = finder.get();
  tokens_.Add(std::move(finder));
  ASSIGN_OR_RETURN(watch_,
                   FolderWatch::Start("/dev", [found](const std::string& name) {
                     if (name.empty() || IsHidrawName(name)) {
                       found->OnDevice(name);
                     }
                   }));
  return absl::OkStatus();
}

void SiteEquipment::AddSoftTokens(
    const config::v1::TokenSourcesConfig& config) {
  if (config.soft_tokens().empty()) return;
  tokens_.Add(std::make_unique<SocketTokens>(
      std::vector<std::string>(config.soft_tokens().begin(),
                               config.soft_tokens().end()),
      SystemClock(), SystemRandom()));
}

void SiteEquipment::AddCues(const config::v1::CueConfig& config) {
  if (config.terminal()) cue_.Add(std::make_unique<TerminalCue>());
  if (config.hook().empty()) return;
  cue_.Add(std::make_unique<HookCue>(
      config.hook(),
      config::DurationOr(config.has_hook_timeout(), config.hook_timeout(),
                         absl::Seconds(5)),
      SystemClock()));
}

absl::Status SiteEquipment::AddCredentials(
    const config::v1::GatewayAgentConfig& config) {
  ASSIGN_OR_RETURN(const mqtt::BrokerOptions broker,
                   ParseBrokerUrl(config.devices().broker()));
  BrokerUsers::Options options;
  options.password_file = config.devices().broker_password_file();
  options.reload_hook = config.devices().broker_reload_hook();
  options.link_folder = absl::StrCat(config.state_dir(), "/links");
  options.link.host = broker.host;
  options.link.port = broker.port;
  options.link.ca_file = config.devices().ca_file();
  options.link.tenant = config.tenant();
  options.link.site = config.site();
  options.link.gateway = config.gateway();
  credentials_ = std::make_unique<BrokerUsers>(std::move(options),
                                               SystemRandom(), SystemClock());
  return absl::OkStatus();
}

}  // namespace u2fi::gateway_agent
