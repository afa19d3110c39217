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

  // Makes sure that List() has `tenant`, an id, even after a crash. Asks the
  // store the first time only. Errors are the store's.
  absl::Status Remember(absl::string_view tenant);

  // Makes Remember() ask again: the store may have forgotten.
  void Forget();

  // All tenants, ascending.
  absl::StatusOr<std::vector<std::string>> List();

 private:
  absl::Status Write(absl::string_view tenant);

  store::Store& store_;
  Mutex mutex_;
  // Known to be stored.
  std::set<std::string, std::less<>> known_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace u2fi::device_registry

#endif  // U2FI_SERVICES_DEVICE_REGISTRY_TENANT_DIRECTORY_H_
