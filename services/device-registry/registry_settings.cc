#include "services/device-registry/registry_settings.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device_registry {
namespace {

// Longest key file, in bytes.
constexpr size_t kMaxKeyFile = 16 << 10;

void CheckDeviceToken(const std::string& path,
                      const config::v1::DeviceTokenConfig& config,
                      config::Checks& checks) {
  checks.Require(config.key_files_size() > 0, absl::StrCat(path, ".key_files"),
                 "is required");
  checks.Required(absl::StrCat(path, ".issuer"), config.issuer());
  checks.Required(absl::StrCat(path, ".audience"), config.audience());
  checks.Range(absl::StrCat(path, ".lifetime"), config.has_lifetime(),
               config.lifetime(), absl::Minutes(1), absl::Hours(24));
}

}  // namespace

void CheckSettings(absl::string_view path,
                   const config::v1::DeviceRegistrySettings& settings,
                   config::Checks& checks) {
  config::CheckRelyingParty(absl::StrCat(path, ".relying_party"),
                            settings.relying_party(), checks);
  CheckDeviceToken(absl::StrCat(path, ".device_token"), settings.device_token(),
                   checks);
  checks.Require(settings.sealing_key_file().empty(),
                 absl::StrCat(path, ".sealing_key_file"),
                 "is for SmartCfg grants, which are not there yet");
}

absl::StatusOr<DeviceTokens::Options> TokenOptionsFrom(
    const config::v1::DeviceTokenConfig& config) {
  DeviceTokens::Options options;
  for (const std::string& file : config.key_files()) {
    ASSIGN_OR_RETURN(const std::string pem, ReadFile(file, kMaxKeyFile));
    absl::StatusOr<crypto::P256PrivateKey> key =
        crypto::P256PrivateKey::FromPem(pem);
    if (!key.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(file, ": holds no P-256 key in PEM"));
    }
    options.keys.push_back(*std::move(key));
  }
  options.issuer = config.issuer();
  options.audience = config.audience();
  options.lifetime = config::DurationOr(config.has_lifetime(),
                                        config.lifetime(), absl::Hours(1));
  return options;
}

}  // namespace u2fi::device_registry
