#include "services/device-registry/pinnable_keys.h"

#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "u2fi/device_registry/records/v1/records.pb.h"

namespace u2fi::device_registry {
namespace {

using records::v1::EnrolmentRow;

// The place of the latest key that a recovery let in, or -1.
int LatestRecovered(const v1::Account& account) {
  for (int i = account.keys_size() - 1; i >= 0; --i) {
    if (account.keys(i).has_recover_time()) return i;
  }
  return -1;
}

bool IsApprovedBy(const EnrolmentRow& row, const std::set<std::string>& keys) {
  for (const auto& approval : row.enrolment().proof().approvals()) {
    if (keys.count(approval.token_id()) > 0) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::set<std::string>> PinnableKeys(
    RegistryStore& store, const std::string& tenant,
    const std::string& account_id, const v1::Account& account) {
  std::set<std::string> keys;
  const int first = LatestRecovered(account);
  for (int i = 0; i < account.keys_size(); ++i) {
    const std::string& token = account.keys(i).token_id();
    if (first < 0 || i == first) keys.insert(token);
    if (first < 0 || i <= first) continue;
    ASSIGN_OR_RETURN(
        const absl::optional<EnrolmentRow> row,
        store.Get<EnrolmentRow>(tenant, key::Enrolment(account_id, token)));
    if (row.has_value() && IsApprovedBy(*row, keys)) keys.insert(token);
  }
  return keys;
}

}  // namespace u2fi::device_registry
