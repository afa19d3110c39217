#ifndef U2FI_SERVICES_GATEWAY_AGENT_SITE_EQUIPMENT_H_
#define U2FI_SERVICES_GATEWAY_AGENT_SITE_EQUIPMENT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "services/gateway-agent/broker_users.h"
#include "services/gateway-agent/cue.h"
#include "services/gateway-agent/folder_watch.h"
#include "services/gateway-agent/hidraw_bus.h"
#include "services/gateway-agent/token_group.h"
#include "u2fi/config/v1/agent.pb.h"

namespace u2fi::gateway_agent {

// What stands around the gateway, as the configuration names it: keys, cues,
// and the broker's users. All of it is this machine's.
class SiteEquipment {
 public:
  // Of a checked configuration. UNAVAILABLE if /dev cannot be watched.
  static absl::StatusOr<std::unique_ptr<SiteEquipment>> Make(
      const config::v1::GatewayAgentConfig& config);

  TokenFinder& tokens() { return tokens_; }
  Cue& cue() { return cue_; }
  // nullptr: others let devices connect to the broker.
  DeviceCredentials* credentials() { return credentials_.get(); }

 private:
  SiteEquipment() = default;
  absl::Status AddUsbTokens();
  void AddSoftTokens(const config::v1::TokenSourcesConfig& config);
  void AddCues(const config::v1::CueConfig& config);
  absl::Status AddCredentials(const config::v1::GatewayAgentConfig& config);

  KernelHidrawBus bus_;
  TokenGroup tokens_;
  // After the finder that it tells.
  std::unique_ptr<FolderWatch> watch_;
  CueGroup cue_;
  std::unique_ptr<BrokerUsers> credentials_;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_SITE_EQUIPMENT_H_
