#include "services/attestation/token_store.h"

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

absl::Status ReadTokens(const Snapshot& snapshot, AccountView& view) {
  for (size_t i = 0; i + 1 < snapshot.entries.size(); i += 2) {
    Stored<records::v1::TokenRow> token;
    Stored<records::v1::CounterRow> counter;
    RETURN_IF_ERROR(Read(snapshot.entries[i], token));
    RETURN_IF_ERROR(Read(snapshot.entries[i + 1], counter));
    if (!token.exists()) {
      return Error(reason::kStoreCorrupt, "a token of an account is missing");
    }
    view.tokens.push_back(std::move(token));
    view.counters.push_back(counter.exists()
                                ? absl::make_optional(counter.row.counter())
                                : absl::nullopt);
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
      store_.Get(partition,
                 {VerdictKey(challenge), PendingKey(token.token_id()),
                  AccountKeyOf(token.account()),
                  CredentialKeyOf(token.credential_id()),
                  PublicKeyKeyOf(token.public_key())}));
  RegistrationView view;
  view.epoch = snapshot.epoch;
  RETURN_IF_ERROR(Read(snapshot.entries[0], view.verdict));
  RETURN_IF_ERROR(Read(snapshot.entries[1], view.pending));
  RETURN_IF_ERROR(Read(snapshot.entries[2], view.account));
  view.credential_taken = snapshot.entries[3].exists();
  view.key_taken = snapshot.entries[4].exists();
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
  RETURN_IF_ERROR(ReadTokens(second, view));
  return view;
}

absl::StatusOr<std::pair<u2fi::store::Epoch, Stored<records::v1::TokenRow>>>
TokenStore::ReadToken(absl::string_view tenant, absl::string_view token_id) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot,
                   store_.Get(partition, {TokenKey(token_id)}));
  Stored<records::v1::TokenRow> token;
  RETURN_IF_ERROR(Read(snapshot.entries[0], token));
  return std::make_pair(snapshot.epoch, std::move(token));
}

absl::StatusOr<bool> TokenStore::IsApplied(absl::string_view tenant,
                                           absl::string_view command_id) {
  ASSIGN_OR_RETURN(const Partition partition, PartitionOf(tenant));
  ASSIGN_OR_RETURN(const Snapshot snapshot,
                   store_.Get(partition, {AppliedKey(command_id)}));
  return snapshot.entries[0].exists();
}

}  // namespace u2fi::attestation
