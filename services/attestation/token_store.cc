#include "services/attestation/token_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using ::u2fi::store::Entry;
using ::u2fi::store::Partition;
using ::u2fi::store::Snapshot;

constexpr absl::string_view kTenants = "tenant/";

absl::StatusOr<Partition> PartitionOf(absl::string_view tenant) {
  return Partition::Make("attestation", tenant);
}

template <typename Row>
absl::Status Read(const Entry& entry, Stored<Row>& stored) {
  stored.version = entry.version;
  if (stored.exists() &&
      (!stored.row.ParseFromString(entry.value) || stored.row.schema() != 1)) {
    return Error(reason::kStoreCorrupt, "a record of a token cannot be read");
  }
  return absl::OkStatus();
}

std::string HashKey(absl::string_view prefix, absl::string_view bytes) {
  return absl::StrCat(prefix,
                      crypto::Base64Url(crypto::View(crypto::Sha256(bytes))));
}

absl::Status ReadPairs(const Snapshot& snapshot, AccountView& view) {
  for (size_t i = 0; i + 1 < snapshot.entries.size(); i += 2) {
    Stored<records::v1::TokenRow> token;
    Stored<records::v1::CounterRow> counter;
    RETURN_IF_ERROR(Read(snapshot.entries[i], token));
    RETURN_IF_ERROR(Read(snapshot.entries[i + 1], counter));
    if (!token.exists()) {
      return Error(reason::kStoreCorrupt, "a token of an account is missing");
    }
    view.tokens.push_back(std::move(token));
    view.counters.push_back(std::move(counter));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Partition> SharedPartition() {
  return Partition::Make("attestation-shared", "all");
}

std::string TokenKey(absl::string_view token_id) {
  return absl::StrCat("t/", token_id);
}
std::string CounterKey(absl::string_view token_id) {
  return absl::StrCat("n/", token_id);
}
std::string PendingKey(absl::string_view token_id) {
  return absl::StrCat("p/", token_id);
}
std::string AccountKeyOf(absl::string_view account) {
  return absl::StrCat("a/", account);
}
std::string VerdictKey(absl::string_view challenge) {
  return absl::StrCat("v/", crypto::Base64Url(challenge));
}
std::string CredentialKeyOf(absl::string_view credential_id) {
  return HashKey("cred/", credential_id);
}
std::string PublicKeyKeyOf(absl::string_view public_key) {
  return HashKey("key/", public_key);
}
std::string AppliedKey(absl::string_view command_id) {
  return absl::StrCat("applied/", command_id);
}

std::string PolicyKey() { return "policy"; }
std::string RecoveryKey(absl::string_view recovery_id) {
  return absl::StrCat("r/", recovery_id);
}
std::string TokenWordKey(absl::string_view token_id) {
  return absl::StrCat(kWords, "t/", token_id);
}

std::string RecoveryWordKey(absl::string_view account) {
  return absl::StrCat(kWords, "r/", account);
}

std::string RequestKey(absl::string_view request_id) {
  return absl::StrCat("rq/", request_id);
}

int AccountView::Live() const {
  return static_cast<int>(
      std::count_if(tokens.begin(), tokens.end(), [](const auto& token) {
        return token.row.state() != v1::TOKEN_STATE_REVOKED;
      }));
}

bool MayApproveActs(const records::v1::TokenRow& token) {
  return token.state() == v1::TOKEN_STATE_ACTIVE && !token.recovery() &&
         token.lease_site().empty();
}

int AccountView::Active() const {
  return static_cast<int>(std::count_if(
      tokens.begin(), tokens.end(),
      [](const auto& token) { return MayApproveActs(token.row); }));
}

const Stored<records::v1::TokenRow>* AccountView::Find(
    absl::string_view token_id) const {
  for (const Stored<records::v1::TokenRow>& token : tokens) {
    if (token.row.token_id() == token_id) return &token;
  }
  return nullptr;
}

std::string TokenIdOf(absl::string_view credential_id) {
  const crypto::Digest hash = crypto::Sha256(credential_id);
  return absl::StrCat("t-", crypto::Base32(crypto::View(hash).substr(0, 16)));
}

absl::StatusOr<AssertionView> TokenStore::ReadForAssertion(
    absl::string_view tenant, absl::string_view challenge,
    absl::string_view token_id) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(
      const Snapshot snapshot,
      store_.Get(partition, {VerdictKey(challenge), TokenKey(token_id),
                             PendingKey(token_id), CounterKey(token_id)}));
  AssertionView view;
  view.epoch = snapshot.epoch;
  RETURN_IF_ERROR(Read(snapshot.entries[0], view.verdict));
  RETURN_IF_ERROR(Read(snapshot.entries[1], view.token));
  RETURN_IF_ERROR(Read(snapshot.entries[2], view.pending));
  RETURN_IF_ERROR(Read(snapshot.entries[3], view.counter));
  return view;
}

absl::StatusOr<RegistrationView> TokenStore::ReadForRegistration(
    absl::string_view tenant, absl::string_view challenge,
    const records::v1::TokenRow& token) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(
      const Snapshot snapshot,
      store_.Get(
          partition,
          {VerdictKey(challenge), PendingKey(token.token_id()),
           AccountKeyOf(token.account()),
           CredentialKeyOf(token.credential_id()),
           PublicKeyKeyOf(token.public_key()), CounterKey(token.token_id())}));
  RegistrationView view;
  view.epoch = snapshot.epoch;
  RETURN_IF_ERROR(Read(snapshot.entries[0], view.verdict));
  RETURN_IF_ERROR(Read(snapshot.entries[1], view.pending));
  RETURN_IF_ERROR(Read(snapshot.entries[2], view.account));
  view.credential_taken = snapshot.entries[3].exists();
  view.key_taken = snapshot.entries[4].exists();
  RETURN_IF_ERROR(Read(snapshot.entries[5], view.counter));
  return view;
}

absl::StatusOr<AccountView> TokenStore::ReadAccount(absl::string_view tenant,
                                                    absl::string_view account) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot first,
                   store_.Get(partition, {AccountKeyOf(account)}));
  AccountView view;
  view.epoch = first.epoch;
  RETURN_IF_ERROR(Read(first.entries[0], view.account));
  if (view.account.row.token_ids().empty()) return view;
  std::vector<std::string> keys;
  for (const std::string& id : view.account.row.token_ids()) {
    keys.push_back(TokenKey(id));
    keys.push_back(CounterKey(id));
  }
  ASSIGN_OR_RETURN(const Snapshot second, store_.Get(partition, keys));
  RETURN_IF_ERROR(ReadPairs(second, view));
  return view;
}

template <typename Row>
absl::StatusOr<std::pair<u2fi::store::Epoch, Stored<Row>>> TokenStore::ReadRow(
    absl::string_view tenant, const std::string& key) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot, store_.Get(partition, {key}));
  Stored<Row> stored;
  RETURN_IF_ERROR(Read(snapshot.entries[0], stored));
  return std::make_pair(snapshot.epoch, std::move(stored));
}

template <typename Row>
using OneRow = absl::StatusOr<std::pair<u2fi::store::Epoch, Stored<Row>>>;
template OneRow<records::v1::TokenRow> TokenStore::ReadRow(absl::string_view,
                                                           const std::string&);
template OneRow<records::v1::PolicyRow> TokenStore::ReadRow(absl::string_view,
                                                            const std::string&);
template OneRow<records::v1::RecoveryRow> TokenStore::ReadRow(
    absl::string_view, const std::string&);
template OneRow<records::v1::WordRow> TokenStore::ReadRow(absl::string_view,
                                                          const std::string&);
template OneRow<records::v1::RequestRow> TokenStore::ReadRow(
    absl::string_view, const std::string&);

absl::StatusOr<TokenPage> TokenStore::ReadTokens(absl::string_view tenant,
                                                 absl::string_view after,
                                                 size_t limit) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const u2fi::store::Page read,
                   store_.Scan(partition, TokenKey(""),
                               after.empty() ? "" : TokenKey(after), limit));
  TokenPage page;
  page.epoch = read.epoch;
  page.more = read.more;
  for (const u2fi::store::Item& item : read.items) {
    Stored<records::v1::TokenRow> token;
    RETURN_IF_ERROR(Read(Entry{item.value, item.version}, token));
    page.tokens.push_back(std::move(token));
  }
  return page;
}

absl::StatusOr<RecoveryPage> TokenStore::ReadRecoveries(
    absl::string_view tenant, absl::string_view after) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const u2fi::store::Page read,
                   store_.Scan(partition, RecoveryKey(""),
                               after.empty() ? "" : RecoveryKey(after),
                               u2fi::store::kMaxScanLimit));
  RecoveryPage page;
  page.more = read.more;
  for (const u2fi::store::Item& item : read.items) {
    Stored<records::v1::RecoveryRow> recovery;
    RETURN_IF_ERROR(Read(Entry{item.value, item.version}, recovery));
    page.recoveries.push_back(std::move(recovery.row));
  }
  return page;
}

absl::Status TokenStore::RememberTenant(absl::string_view tenant,
                                        const u2fi::store::Epoch& epoch) {
  {
    MutexLock lock(mutex_);
    if (epoch_ == epoch && tenants_.count(tenant) != 0) return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const Partition partition, SharedPartition());
  const std::string key = absl::StrCat(kTenants, tenant);
  ASSIGN_OR_RETURN(const Snapshot seen, store_.Get(partition, {key}));
  if (!seen.entries[0].exists()) {
    records::v1::TenantRow row;
    row.set_schema(1);
    u2fi::store::CommitRequest commit;
    commit.epoch = seen.epoch;
    commit.put = {{key, row.SerializeAsString()}};
    RETURN_IF_ERROR(store_.Commit(partition, commit).status());
  }
  MutexLock lock(mutex_);
  if (epoch_ != seen.epoch) tenants_.clear();
  epoch_ = seen.epoch;
  tenants_.emplace(tenant);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> TokenStore::Tenants() {
  ASSIGN_OR_RETURN(const Partition partition, SharedPartition());
  std::vector<std::string> tenants;
  std::string after;
  for (bool more = true; more;) {
    ASSIGN_OR_RETURN(
        const u2fi::store::Page page,
        store_.Scan(partition, kTenants, after, u2fi::store::kMaxScanLimit));
    for (const u2fi::store::Item& item : page.items) {
      tenants.push_back(item.key.substr(kTenants.size()));
      after = item.key;
    }
    more = page.more;
  }
  return tenants;
}

absl::StatusOr<absl::optional<std::string>> TokenStore::FindApplied(
    absl::string_view tenant, absl::string_view command_id) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot,
                   store_.Get(partition, {AppliedKey(command_id)}));
  if (!snapshot.entries[0].exists()) return absl::optional<std::string>();
  return absl::make_optional(snapshot.entries[0].value);
}

}  // namespace u2fi::attestation
