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

absl::Status TenantDirectory::Remember(absl::string_view tenant) {
  {
    MutexLock lock(mutex_);
    if (known_.count(tenant) != 0) return absl::OkStatus();
  }
  RETURN_IF_ERROR(Write(tenant));
  MutexLock lock(mutex_);
  known_.insert(std::string(tenant));
  return absl::OkStatus();
}

void TenantDirectory::Forget() {
  MutexLock lock(mutex_);
  known_.clear();
}

absl::Status TenantDirectory::Write(absl::string_view tenant) {
  ASSIGN_OR_RETURN(const store::Partition partition, SharedPartition());
  const std::string key = absl::StrCat(kPrefix, tenant);
  ASSIGN_OR_RETURN(const store::Snapshot seen, store_.Get(partition, {key}));
  if (seen.entries[0].exists()) return absl::OkStatus();
  records::v1::TenantRow row;
  row.set_schema(1);
  store::CommitRequest commit;
  commit.epoch = seen.epoch;
  commit.put = {{key, row.SerializeAsString()}};
  return store_.Commit(partition, commit).status();
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
