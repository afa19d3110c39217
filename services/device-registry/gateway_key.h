#ifndef U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/device-registry/change.h"
#include "u2fi/device_registry/v1/resources.pb.h"

// The identity keys of gateways.
namespace u2fi::device_registry {

// The channel key of `spki`: its SHA-256, 32 bytes. PUBLIC_KEY_INVALID unless
// it is the one encoding of a P-256 key.
absl::StatusOr<std::string> ChannelKeyOf(const std::string& spki);

// RESOURCE_EXISTS if a gateway of the tenant has, or ever had, this key: a key
// names one gateway, and a key that was replaced does not come back.
absl::Status CheckNewKey(Change& change, const std::string& channel_key,
                         absl::string_view field);

// From now on the gateway has the key `spki`, and no other waits. Puts the
// gateway into `change`, and tells those who hold a stream of the old key.
// PUBLIC_KEY_INVALID, RESOURCE_EXISTS.
absl::Status PutKey(Change& change, const std::string& spki,
                    v1::Gateway& gateway);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_GATEWAY_KEY_H_
