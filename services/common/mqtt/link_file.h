#ifndef U2FI_SERVICES_COMMON_MQTT_LINK_FILE_H_
#define U2FI_SERVICES_COMMON_MQTT_LINK_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/common/mqtt/broker_options.h"

namespace u2fi::mqtt {

// All that a device needs to reach its agent over the local network. The agent
// writes it when the device joins the site; it is brought to the device by the
// installer, or by SmartCfg. It lets the device talk, not anybody command it.
struct DeviceLinkSettings {
  // The broker.
  std::string host;
  int port = 8883;
  // PEM file of the authority that signed the broker's certificate, absolute.
  std::string ca_file;
  // Ids of wire.md. The device's id is its user.
  std::string tenant;
  std::string site;
  std::string gateway;
  std::string device;
  // A secret.
  std::string password;
};

// Writes the settings as JSON with mode 0600, durably. INVALID_FIELD,
// FILE_UNAVAILABLE.
absl::Status WriteLinkFile(const std::string& path,
                           const DeviceLinkSettings& settings);

// Reads them from the text of such a file. INVALID_FIELD unless every member is
// there, with its type, and good for BrokerOptions and GatewayTopics.
absl::StatusOr<DeviceLinkSettings> ParseLinkFile(const std::string& text);

// How the device connects. TLS always.
BrokerOptions BrokerOptionsOf(const DeviceLinkSettings& settings);

}  // namespace u2fi::mqtt

#endif  // U2FI_SERVICES_COMMON_MQTT_LINK_FILE_H_
