#include "services/device-registry/pinnable_keys.h"

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/device-registry/registry_keys.h"
#include "u2fi/device_registry/records/v1/records.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

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

bool MayOwn(const v1::AccountKey& key) {
  return key.active() && !key.point().empty() && !key.recovery() &&
         key.lease_site().empty();
}

absl::Status NoOwnerKey(const std::string& account_id,
                        const v1::Account& account,
                        const std::string& token_id) {
  for (const v1::AccountKey& key : account.keys()) {
    if (key.token_id() != token_id || !key.point().empty()) continue;
    return Error(reason::kAlgNotAllowed,
                 "a device pins P-256 keys only, and this one is another",
                 {{"token", token_id}});
  }
  return Error(reason::kNoCredentials,
               "the account has no active key that can be pinned",
               {{"account", account_id}});
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

absl::StatusOr<std::vector<proof::v1::PinnedKey>> OwnerKeys(
    RegistryStore& store, const std::string& tenant,
    const std::string& account_id, const v1::Account& account,
    const std::string& token_id) {
  std::set<std::string> wanted = {token_id};
  if (token_id.empty()) {
    ASSIGN_OR_RETURN(wanted, PinnableKeys(store, tenant, account_id, account));
  }
  std::vector<proof::v1::PinnedKey> keys;
  for (const v1::AccountKey& key : account.keys()) {
    if (wanted.count(key.token_id()) == 0 || !MayOwn(key)) continue;
    proof::v1::PinnedKey& pinned = keys.emplace_back();
    pinned.set_token_id(key.token_id());
    pinned.set_account(account_id);
    pinned.set_point(key.point());
    pinned.set_roles(proof::v1::KEY_ROLE_OWNER);
    pinned.set_level(key.level());
  }
  if (keys.empty()) return NoOwnerKey(account_id, account, token_id);
  return keys;
}

absl::StatusOr<std::string> EnrolmentEvidence(
    RegistryStore& store, const std::string& tenant,
    const std::vector<proof::v1::PinnedKey>& keys) {
  proof::v1::Evidence evidence;
  for (const proof::v1::PinnedKey& pinned : keys) {
    ASSIGN_OR_RETURN(
        absl::optional<EnrolmentRow> row,
        store.Get<EnrolmentRow>(
            tenant, key::Enrolment(pinned.account(), pinned.token_id())));
    if (!row.has_value()) {
      return Error(reason::kEnrolmentMissing,
                   "a key of the account has no enrolment proof",
                   {{"token", pinned.token_id()}});
    }
    evidence.add_enrolments()->Swap(row->mutable_enrolment());
  }
  return evidence.SerializeAsString();
}

}  // namespace u2fi::device_registry
