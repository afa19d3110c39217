#include "services/device-registry/next_pins.h"

#include <utility>

#include "services/common/crypto/hash.h"
#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "services/device-registry/requests.h"
#include "services/device-registry/resources.h"

namespace u2fi::device_registry {

using records::v1::DeviceRow;

absl::Status CheckOneDevice(const v1::PlanPinsRequest& request) {
  if (request.devices_size() > 1) return NotYet("more than one device");
  if (request.devices().empty()) return FieldError("devices", "has no entry");
  return rpc::CheckId("devices", request.devices(0));
}

absl::StatusOr<proof::PinSet> PresentPins(RegistryStore& store,
                                          const std::string& tenant,
                                          const std::string& id) {
  ASSIGN_OR_RETURN(
      const DeviceRow row,
      store.Require<DeviceRow>(tenant, key::Device(id), DeviceName(id)));
  if (row.device().state() != v1::DEVICE_STATE_BOUND) {
    return WrongDeviceState(row.device());
  }
  return proof::PinSet::Parse(row.pin_set());
}

proof::v1::PinSet NextRevision(const proof::PinSet& present) {
  proof::v1::PinSet next = present.fields();
  next.set_revision(next.revision() + 1);
  next.set_previous(crypto::ToString(present.hash()));
  return next;
}

absl::StatusOr<v1::PlannedPins> PlannedFor(const std::string& id,
                                           proof::v1::PinSet next) {
  ASSIGN_OR_RETURN(const proof::PinSet encoded, proof::PinSet::Encode(next));
  v1::PlannedPins plan;
  plan.set_device(id);
  plan.set_pin_set(encoded.bytes());
  *plan.mutable_readable() = std::move(next);
  return plan;
}

}  // namespace u2fi::device_registry
