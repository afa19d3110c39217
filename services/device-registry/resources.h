#ifndef U2FI_SERVICES_DEVICE_REGISTRY_RESOURCES_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_RESOURCES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/device-registry/change.h"
#include "u2fi/device_registry/records/v1/records.pb.h"
#include "u2fi/device_registry/v1/resources.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::device_registry {

// Resources by id inside a decision, and what is said about them everywhere.

inline std::string AccountName(absl::string_view id) {
  return absl::StrCat("accounts/", id);
}
inline std::string SiteName(absl::string_view id) {
  return absl::StrCat("sites/", id);
}
inline std::string GatewayName(absl::string_view id) {
  return absl::StrCat("gateways/", id);
}
inline std::string DeviceName(absl::string_view id) {
  return absl::StrCat("devices/", id);
}
inline std::string TransactionName(absl::string_view id) {
  return absl::StrCat("transactions/", id);
}
inline std::string BindingName(absl::string_view id) {
  return absl::StrCat("bindings/", id);
}

// The id in a resource name: "gateways/g1" gives "g1".
std::string PlainId(absl::string_view name);

// The resource, which must exist: RESOURCE_UNKNOWN. An erased account counts
// as none.
absl::StatusOr<records::v1::AccountRow> RequireAccount(Change& change,
                                                       absl::string_view id);
absl::StatusOr<v1::Site> RequireSite(Change& change, absl::string_view id);
absl::StatusOr<v1::Gateway> RequireGateway(Change& change,
                                           absl::string_view id);
absl::StatusOr<records::v1::DeviceRow> RequireDevice(Change& change,
                                                     absl::string_view id);
absl::StatusOr<records::v1::TransactionRow> RequireTransaction(
    Change& change, absl::string_view id);

// The state without its type: "ACTIVE" for GATEWAY_STATE_ACTIVE.
std::string StateName(v1::GatewayState state);
std::string StateName(v1::DeviceState state);
std::string StateName(v1::TransactionState state);
std::string StateName(v1::BindingState state);

// GATEWAY_NOT_ACTIVE naming the gateway unless its state is ACTIVE.
absl::Status CheckActive(const v1::Gateway& gateway);

// The gateway as pin sets have it: touches count there, and it may execute as
// well if `executes`. GATEWAY_NOT_ACTIVE.
absl::StatusOr<proof::v1::PinnedGateway> PinGateway(const v1::Gateway& gateway,
                                                    bool executes);

// DEVICE_STATE naming device and state.
absl::Status WrongDeviceState(const v1::Device& device);

// TRANSACTION_STATE naming transaction and state.
absl::Status WrongTransactionState(const v1::Transaction& transaction);

// Puts the row back with the next etag, and announces the resource.
void PutAccount(Change& change, records::v1::AccountRow row);
void PutDevice(Change& change, records::v1::DeviceRow row);
void PutTransaction(Change& change, records::v1::TransactionRow row);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_RESOURCES_H_
