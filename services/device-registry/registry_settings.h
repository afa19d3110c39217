#ifndef U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_SETTINGS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_SETTINGS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/config/checks.h"
#include "services/device-registry/device_tokens.h"
#include "u2fi/config/v1/config.pb.h"

namespace u2fi::device_registry {

// The bounds that config.proto states. `path` is the key of the settings.
void CheckSettings(absl::string_view path,
                   const config::v1::DeviceRegistrySettings& settings,
                   config::Checks& checks);

// Reads the keys of device tokens. FILE_NOT_FOUND, FILE_UNAVAILABLE if a file
// cannot be read, INVALID_ARGUMENT with its name if it holds no P-256 key.
absl::StatusOr<DeviceTokens::Options> TokenOptionsFrom(
    const config::v1::DeviceTokenConfig& config);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_REGISTRY_SETTINGS_H_
