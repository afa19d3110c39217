#include "services/gateway-agent/broker_users.h"

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/password_file.h"
#include "services/common/mqtt/topics.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/executable.h"

namespace u2fi::gateway_agent {

absl::Status BrokerUsers::Ensure(const std::string& device) {
  const std::string user = mqtt::GatewayTopics::DeviceUser(device);
  ASSIGN_OR_RETURN(mqtt::PasswordFile users,
                   mqtt::PasswordFile::Open(options_.password_file, random_));
  if (users.Has(user)) return absl::OkStatus();
  mqtt::DeviceLinkSettings link = options_.link;
  link.device = device;
  link.password = users.NewPassword();
  RETURN_IF_ERROR(MakeFolder(options_.link_folder, 0700));
  RETURN_IF_ERROR(mqtt::WriteLinkFile(
      absl::StrCat(options_.link_folder, "/", device, ".json"), link));
  RETURN_IF_ERROR(users.SetPassword(user, link.password));
  if (options_.reload_hook.empty()) return absl::OkStatus();
  return RunExecutable(options_.reload_hook, {}, options_.hook_timeout, clock_,
                       never_);
}

}  // namespace u2fi::gateway_agent
