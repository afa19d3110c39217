#ifndef U2FI_SERVICES_COMMAND_GATE_GATE_SETTINGS_H_
#define U2FI_SERVICES_COMMAND_GATE_GATE_SETTINGS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/command-gate/account_login.h"
#include "services/command-gate/approvers.h"
#include "services/command-gate/cooldowns.h"
#include "services/command-gate/quotas.h"
#include "services/command-gate/webhooks.h"
#include "services/common/config/checks.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::command_gate {

// The bounds that config.proto states. `path` is the key of the settings.
void CheckSettings(absl::string_view path,
                   const config::v1::CommandGateSettings& settings,
                   config::Checks& checks);

// The addresses of a replica, and that its store is one that several processes
// share. Nothing without `replica`.
void CheckReplica(absl::string_view path,
                  const config::v1::CommandGateConfig& config,
                  config::Checks& checks);

// The login of the tenants that have an OIDC issuer. Fails if a key file cannot
// be used. `clock` must outlive the result.
absl::StatusOr<std::unique_ptr<AccountLogin>> LoginFrom(
    const config::v1::CommandGateSettings& settings, const Clock& clock);

absl::Duration HeartbeatFrom(const config::v1::CommandGateSettings& settings);
absl::Duration PresenceGraceFrom(
    const config::v1::CommandGateSettings& settings);
absl::Duration DirectoryLeaseFrom(
    const config::v1::CommandGateSettings& settings);
Cooldowns::Options CooldownFrom(
    const config::v1::CommandGateSettings& settings);
Quotas::Options QuotasFrom(const config::v1::CommandGateSettings& settings);
// 1 to kMaxOpenPerAccount.
int OpenPerAccountFrom(const config::v1::CommandGateSettings& settings);
// Who is told of what waits, over https.
Webhooks::Options WebhooksFrom(const config::v1::CommandGateSettings& settings);
Approvers::Options ApproversFrom(
    const config::v1::CommandGateSettings& settings);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATE_SETTINGS_H_
