#ifndef U2FI_SERVICES_DEVICE_REGISTRY_PINNABLE_KEYS_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_PINNABLE_KEYS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/device_registry/v1/resources.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::device_registry {

// Which keys of an account a first pin set holds, by token: all, until a
// recovery let one in. From then on the latest of those, and what it, or a key
// after it that counts here, has approved: no proof connects it with the keys
// from before, so that agents and devices would refuse both in one set.
// Errors are the store's.
absl::StatusOr<std::set<std::string>> PinnableKeys(
    RegistryStore& store, const std::string& tenant,
    const std::string& account_id, const v1::Account& account);

// Those keys of an account as OWNER keys of a pin set: the active ones that can
// be pinned, and of them only `token_id` unless that is empty. NO_CREDENTIALS
// if there are none, ALG_NOT_ALLOWED if `token_id` is no P-256 key; else the
// store's errors.
absl::StatusOr<std::vector<proof::v1::PinnedKey>> OwnerKeys(
    RegistryStore& store, const std::string& tenant,
    const std::string& account_id, const v1::Account& account,
    const std::string& token_id);

// The serialised Evidence that `keys` were enrolled by their accounts; empty
// for no key. ENROLMENT_MISSING if the registry has no proof of one.
absl::StatusOr<std::string> EnrolmentEvidence(
    RegistryStore& store, const std::string& tenant,
    const std::vector<proof::v1::PinnedKey>& keys);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_PINNABLE_KEYS_H_
