#ifndef U2FI_SERVICES_DEVICE_REGISTRY_PINNABLE_KEYS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_PINNABLE_KEYS_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/resources.pb.h"

namespace u2fi::device_registry {

// Which keys of an account a first pin set holds, by token: all, until a
// recovery let one in. From then on the latest of those, and what it, or a key
// after it that counts here, has approved: no proof connects it with the keys
// from before, so that agents and devices would refuse both in one set.
// Errors are the store's.
absl::StatusOr<std::set<std::string>> PinnableKeys(
    RegistryStore& store, const std::string& tenant,
    const std::string& account_id, const v1::Account& account);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_PINNABLE_KEYS_H_
