#ifndef U2FI_SERVICES_DEVICE_REGISTRY_UNBINDING_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_UNBINDING_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/device-registry/apply_case.h"
#include "services/device-registry/change.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {

// Unbinding has two phases: the registry marks the device RELEASING, then the
// device says that it is blank. After the tenant's deadline it is forced, which
// is an alarm.

// Kind of the timers of releases; their id is the device's.
inline constexpr char kReleaseTimer[] = "release";

// Carries out `u2fi.unbind`: the device is RELEASING, and so is its binding.
// The first step that fails is the answer:
//   device     it is BOUND, and no transaction is named
//   proof      VerifyProof() under the present pin set, behind its gateway
//   approvers  the tokens that touched are active keys of their accounts
//   place      the touches were taken at the owner's own gateways
// Returns the name of the binding. Puts everything into `change`.
absl::StatusOr<std::string> ApplyUnbind(Change& change, const ApplyCase& in);

// The device is blank: whoever has it may claim it. Changes `row`, which the
// caller puts back, and the binding and release in `change`.
absl::Status EndRelease(Change& change, uint64_t now_ms,
                        records::v1::DeviceRow& row);

// What was left of a release is over: the device has got it, or has a new
// owner's first pin set. Changes `row`, which the caller puts back.
absl::Status DropRelease(Change& change, records::v1::DeviceRow& row);

// The timer `timer` of the device `id` fired: the device is free, and locked to
// its last pin set until the release reaches it. Nothing if another timer has
// taken its place.
absl::Status ForceRelease(Change& change, uint64_t now_ms,
                          const std::string& timer, const std::string& id);

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_UNBINDING_H_
