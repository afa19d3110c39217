#ifndef U2FI_SERVICES_DEVICE_REGISTRY_TENANT_DIRECTORY_H_
#define U2FI_SERVICES_DEVICE_REGISTRY_TENANT_DIRECTORY_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"

namespace u2fi::device_registry {

// The partition for what is not about one tenant: (device-registry-shared,
// all). It holds the names of tenants under `tenant/<id>` and the topic of the
// events.
absl::StatusOr<store::Partition> SharedPartition();

// Which tenants have data here, so that a sweeper finds their timers after a
// restart. A tenant is remembered before its first commit. Thread-safe.
class TenantDirectory {
 public:
  // `store` must outlive this object.
  explicit TenantDirectory(store::Store& store) : store_(store) {}

  // Makes sure that List() has `tenant`, an id, even after a crash. `epoch` is
  // the store's as the caller read it; asks the store the first time in each
  // only, since a new one may have forgotten. Errors are the store's.
  absl::Status Remember(absl::string_view tenant, const store::Epoch& epoch);

  // All tenants, ascending.
  absl::StatusOr<std::vector<std::string>> List();

 private:
  // Returns the epoch in which it is stored.
  absl::StatusOr<store::Epoch> Write(absl::string_view tenant);

  store::Store& store_;
  Mutex mutex_;
  // Known to be stored, in this epoch.
  std::set<std::string, std::less<>> known_ ABSL_GUARDED_BY(mutex_);
  store::Epoch epoch_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TENANT_DIRECTORY_H_
