#ifndef U2FI_TOOLS_U2FI_PINS_EDIT_H_
#define U2FI_TOOLS_U2FI_PINS_EDIT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "u2fi/device_registry/v1/devices.pb.h"
#include "u2fi/proof/v1/pin_set.pb.h"

namespace u2fi::cli {

// What is to become of a device's pin set, as people write it.
struct PinsEdit {
  // "camera.on=touch": the operation has this rule from now on.
  std::vector<std::string> rules;
  // Operations that fall under the default rule again.
  std::vector<std::string> drop_rules;
  // "bob/TOKEN=member+approver": this key of bob, in these roles.
  std::vector<std::string> keys;
  // Ids of tokens that the device believes no more.
  std::vector<std::string> drop_keys;
  // The whole new list of gateways; empty: it stays.
  std::vector<std::string> gateways;
};

// The plan to ask the registry for, from what the device believes at present.
// INVALID_FIELD for text that is none of the above, or names nothing that is
// there.
absl::StatusOr<device_registry::v1::PlanPinsRequest> PlanFor(
    const PinsEdit& edit, const proof::v1::PinSet& present);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_PINS_EDIT_H_
