#ifndef U2FI_SERVICES_DEVICE_REGISTRY_DENY_LIST_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_DENY_LIST_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/device-registry/registry_store.h"
#include "u2fi/gateway/v1/binding.pb.h"

namespace u2fi::device_registry {

// The deny list of a tenant: what agents refuse whatever a proof says. It only
// grows; each entry has a number, and the whole list goes to every agent that
// connects with another number than that of the last entry. A number is the
// time (milliseconds since 1970), or the next one after the last: that of an
// entry which a failover or a restored backup forgot does not come again.

// Most entries that are sent to an agent.
inline constexpr size_t kMaxDenied = 20'000;

// Adds a gateway, and announces the entry.
absl::Status DenyGateway(Change& change, uint64_t now_ms,
                         absl::string_view gateway);

// Adds a token of `account`, unless it is there already: it is never enrolled
// again.
absl::Status DenyToken(Change& change, uint64_t now_ms,
                       absl::string_view account, absl::string_view token);

// All entries, as an agent gets them.
absl::StatusOr<gateway::v1::Revocations> ReadDenyList(RegistryStore& store,
                                                      absl::string_view tenant);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_DENY_LIST_H_
