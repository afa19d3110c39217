#include "services/device-registry/tenant_directory.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

constexpr absl::string_view kPrefix = "tenant/";

}  // namespace

absl::StatusOr<store::Partition> SharedPartition() {
  return store::Partition::Make("device-registry-shared", "all");
}

absl::Status TenantDirectory::Remember(absl::string_view tenant,
                                       const store::Epoch& epoch) {
  {
    MutexLock lock(mutex_);
    if (epoch_ == epoch && known_.count(tenant) != 0) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const store::Epoch stored, Write(tenant));
  MutexLock lock(mutex_);
  if (epoch_ != stored) known_.clear();
  epoch_ = stored;
  known_.insert(std::string(tenant));
  return absl::OkStatus();
}

absl::StatusOr<store::Epoch> TenantDirectory::Write(absl::string_view tenant) {
  ASSIGN_OR_RETURN(const store::Partition partition, SharedPartition());
  const std::string key = absl::StrCat(kPrefix, tenant);
  ASSIGN_OR_RETURN(const store::Snapshot seen, store_.Get(partition, {key}));
  if (seen.entries[0].exists()) return seen.epoch;
  records::v1::TenantRow row;
  row.set_schema(1);
  store::CommitRequest commit;
  commit.epoch = seen.epoch;
  commit.put = {{key, row.SerializeAsString()}};
  RETURN_IF_ERROR(store_.Commit(partition, commit).status());
  return seen.epoch;
}

absl::StatusOr<std::vector<std::string>> TenantDirectory::List() {
  ASSIGN_OR_RETURN(const store::Partition partition, SharedPartition());
  std::vector<std::string> tenants;
  std::string after;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(
        const store::Page page,
        store_.Scan(partition, kPrefix, after, store::kMaxScanLimit));
    for (const store::Item& item : page.items) {
      tenants.push_back(item.key.substr(kPrefix.size()));
      after = item.key;
    }
    more = page.more;
  }
  return tenants;
}

}  // namespace u2fi::device_registry
