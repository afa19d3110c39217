#ifndef U2FI_SERVICES_COMMON_STORE_PARTITION_H_
#define U2FI_SERVICES_COMMON_STORE_PARTITION_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace u2fi::store {

// One service's data of one tenant: what a single commit can span. Nothing is
// atomic between two partitions, and no service opens another's.
class Partition {
 public:
  // STORE_PARTITION_INVALID unless both are ids as in wire.md:
  // [a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?
  static absl::StatusOr<Partition> Make(absl::string_view service,
                                        absl::string_view tenant);

  const std::string& service() const { return service_; }
  const std::string& tenant() const { return tenant_; }

  // "<service>/<tenant>", unique, at most 129 bytes.
  std::string Name() const { return service_ + "/" + tenant_; }

  friend bool operator==(const Partition& a, const Partition& b) {
    return a.service_ == b.service_ && a.tenant_ == b.tenant_;
  }
  friend bool operator!=(const Partition& a, const Partition& b) {
    return !(a == b);
  }

 private:
  Partition(std::string service, std::string tenant)
      : service_(std::move(service)), tenant_(std::move(tenant)) {}

  std::string service_;
  std::string tenant_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_PARTITION_H_
