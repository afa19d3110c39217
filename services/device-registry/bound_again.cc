#include "services/device-registry/bound_again.h"

#include <set>
#include <string>
#include <utility>

#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::device_registry {

using records::v1::BindingRow;
using records::v1::DeviceRow;
using records::v1::TransactionRow;

bool MayBeBoundAgain(const DeviceRow& row, const v1::Account& owner) {
  proof::v1::PinSet pins;
  if (row.device().state() != v1::DEVICE_STATE_BOUND ||
      row.device().reported_pins_revision() != 0 ||
      AccountName(row.device().account()) != owner.name() ||
      !pins.ParseFromString(row.pin_set())) {
    return false;
  }
  std::set<std::string> pinned;
  for (const proof::v1::PinnedKey& key : pins.keys()) {
    pinned.insert(key.token_id());
  }
  for (const v1::AccountKey& key : owner.keys()) {
    if (key.has_recover_time() && key.active() && key.lease_site().empty() &&
        !key.point().empty() && pinned.count(key.token_id()) == 0) {
      return true;
    }
  }
  return false;
}

const DeviceRow* BoundBefore(const TransactionRow& transaction,
                             const v1::Device& device) {
  for (const DeviceRow& row : transaction.bound_before()) {
    if (row.device().name() == device.name()) return &row;
  }
  return nullptr;
}

absl::Status EndBinding(Change& change, const DeviceRow& row, int64_t now_ms) {
  if (row.binding().empty()) return absl::OkStatus();
  const std::string key = key::Binding(row.binding());
  ASSIGN_OR_RETURN(absl::optional<BindingRow> binding,
                   change.Read<BindingRow>(key));
  if (!binding.has_value() ||
      binding->binding().state() == v1::BINDING_STATE_ENDED) {
    return absl::OkStatus();
  }
  binding->mutable_binding()->set_state(v1::BINDING_STATE_ENDED);
  *binding->mutable_binding()->mutable_end_time() = ToTimestamp(now_ms);
  change.Announce(v1::EVENT_KIND_BINDING, binding->binding().name(), "ENDED");
  change.Put(key, *std::move(binding));
  return absl::OkStatus();
}

}  // namespace u2fi::device_registry
