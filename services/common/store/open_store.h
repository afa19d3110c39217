#ifndef U2FI_SERVICES_COMMON_STORE_OPEN_STORE_H_
#define U2FI_SERVICES_COMMON_STORE_OPEN_STORE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/common/random/random_source.h"
#include "services/common/store/store.h"
#include "services/common/time/clock.h"
#include "u2fi/config/v1/shared.pb.h"

namespace u2fi::store {

// Opens the engine that a checked configuration names, and logs what an
// administrator must know about it, loudly. `clock` and `random` must outlive
// the store. STORE_MISCONFIGURED, STORE_IN_USE, STORE_UNAVAILABLE as the
// engines say; FILE_NOT_FOUND, FILE_UNAVAILABLE if the password's file cannot
// be read.
absl::StatusOr<std::unique_ptr<Store>> OpenStore(
    const config::v1::StoreConfig& config, const Clock& clock,
    RandomSource& random);

// The clock that all who share the store have in common; it waits for the
// answer for half a second. `store` must outlive it.
std::function<absl::StatusOr<absl::Time>()> ClockOf(Store& store);

// Holds the deployment to a setting that is fixed for ever: the first start
// writes `value` under `name`, every later one must bring the same.
// STORE_MISCONFIGURED if it differs; else the store's errors.
absl::Status RequireFixedSetting(Store& store, absl::string_view name,
                                 const std::string& value);

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_OPEN_STORE_H_
