#ifndef U2FI_SERVICES_DEVICE_REGISTRY_BOUND_AGAIN_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_BOUND_AGAIN_H_

#include "services/device-registry/change.h"
#include "u2fi/device_registry/records/v1/records.pb.h"
#include "u2fi/device_registry/v1/resources.pb.h"

namespace u2fi::device_registry {

// A device whose owner lost the only key that it pins starts again with a
// local reset and a first pin set (decisions B4). The registry goes along; the
// device alone decides whether it is blank.

// Whether the device, which is bound to `owner`, was blank when it last said
// what it has, and a recovery has let a key in that its pin set does not hold.
bool MayBeBoundAgain(const records::v1::DeviceRow& row,
                     const v1::Account& owner);

// What `transaction` remembers of the device as it was bound before, or null.
const records::v1::DeviceRow* BoundBefore(
    const records::v1::TransactionRow& transaction, const v1::Device& device);

// The binding that the device has, if any, ends at `now_ms`, milliseconds since
// 1970.
absl::Status EndBinding(Change& change, const records::v1::DeviceRow& row,
                        int64_t now_ms);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_BOUND_AGAIN_H_
