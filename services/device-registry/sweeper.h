#ifndef U2FI_SERVICES_DEVICE_REGISTRY_SWEEPER_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_SWEEPER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/device-registry/registry_store.h"

namespace u2fi::device_registry {

// Fires what is due: a transaction that nobody committed is rolled back, one
// that a device has not confirmed becomes an ALARM. Somebody calls it once a
// second. Firing is a decision like any other, so that two sweepers do no
// harm. Thread-safe.
class Sweeper {
 public:
  // `store` must outlive this object.
  explicit Sweeper(RegistryStore& store) : store_(store) {}

  // One round over all tenants: how many timers fired. A tenant that cannot be
  // swept does not keep the others from it; the first error is the answer.
  absl::StatusOr<int> Sweep();

 private:
  // Keys of the timers that are due, by this clock and by the store's.
  absl::StatusOr<std::vector<std::string>> Due(const std::string& tenant);
  absl::Status SweepTenant(const std::string& tenant, int& fired);
  absl::Status Fire(const std::string& tenant, const std::string& timer);

  RegistryStore& store_;
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_SWEEPER_H_
