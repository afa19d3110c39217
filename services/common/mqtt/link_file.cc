#include "services/common/mqtt/link_file.h"

#include "nlohmann/json.hpp"
#include "services/common/file/file.h"
#include "services/common/mqtt/topics.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {
namespace {

using nlohmann::json;

absl::Status Check(const DeviceLinkSettings& settings) {
  RETURN_IF_ERROR(
      GatewayTopics::Create(settings.tenant, settings.site, settings.gateway)
          .status());
  if (!proof::IsId(settings.device))
    return FieldError("device", "is not an id");
  return CheckBrokerOptions(BrokerOptionsOf(settings));
}

}  // namespace

BrokerOptions BrokerOptionsOf(const DeviceLinkSettings& settings) {
  BrokerOptions options;
  options.host = settings.host;
  options.port = settings.port;
  options.ca_file = settings.ca_file;
  options.user = GatewayTopics::DeviceUser(settings.device);
  options.password = settings.password;
  return options;
}

absl::Status WriteLinkFile(const std::string& path,
                           const DeviceLinkSettings& settings) {
  RETURN_IF_ERROR(Check(settings));
  const json object = {
      {"host", settings.host},       {"port", settings.port},
      {"ca_file", settings.ca_file}, {"tenant", settings.tenant},
      {"site", settings.site},       {"gateway", settings.gateway},
      {"device", settings.device},   {"password", settings.password}};
  return WriteFileDurably(path, object.dump(2) + "\n", 0600);
}

absl::StatusOr<DeviceLinkSettings> ParseLinkFile(const std::string& text) {
  DeviceLinkSettings settings;
  try {
    const json object = json::parse(text);
    object.at("host").get_to(settings.host);
    object.at("port").get_to(settings.port);
    object.at("ca_file").get_to(settings.ca_file);
    object.at("tenant").get_to(settings.tenant);
    object.at("site").get_to(settings.site);
    object.at("gateway").get_to(settings.gateway);
    object.at("device").get_to(settings.device);
    object.at("password").get_to(settings.password);
  } catch (const json::exception& error) {
    return FieldError("link_file", error.what());
  }
  RETURN_IF_ERROR(Check(settings));
  return settings;
}

}  // namespace u2fi::mqtt
