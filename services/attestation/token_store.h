#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_STORE_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_STORE_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/store/store.h"
#include "services/common/sync/sync.h"
#include "u2fi/attestation/records/v1/records.pb.h"

namespace u2fi::attestation {

// Most tokens of an account that are not revoked, and how many it may have
// where its tenant says nothing.
inline constexpr int kMaxTokensPerAccount = 16;
inline constexpr int kDefaultTokensPerAccount = 8;
// Most tokens that an account has ever had: the records of revoked ones stay.
inline constexpr int kMaxTokensEver = 128;

// A record as read, with what a write of it must expect.
template <typename Row>
struct Stored {
  Row row;
  u2fi::store::Version version = u2fi::store::kAbsent;

  bool exists() const { return version != u2fi::store::kAbsent; }
};

// All that the verification of an assertion reads, at one instant.
struct AssertionView {
  u2fi::store::Epoch epoch;
  Stored<records::v1::VerdictRow> verdict;
  Stored<records::v1::TokenRow> token;
  Stored<records::v1::PendingRow> pending;
  Stored<records::v1::CounterRow> counter;
};

// All that a registration or an enrolment reads, at one instant.
struct RegistrationView {
  u2fi::store::Epoch epoch;
  Stored<records::v1::VerdictRow> verdict;
  Stored<records::v1::PendingRow> pending;
  Stored<records::v1::AccountRow> account;
  Stored<records::v1::CounterRow> counter;
  // The credential id or the key belongs to somebody.
  bool credential_taken = false;
  bool key_taken = false;
};

// Whether the token may approve acts on its account: it is active, and neither
// kept for recovery nor limited to the leases of one site (decisions A7).
bool MayApproveActs(const records::v1::TokenRow& token);

// An account with its tokens and their counters.
struct AccountView {
  u2fi::store::Epoch epoch;
  Stored<records::v1::AccountRow> account;
  // In the order of their enrolment, each with its counter.
  std::vector<Stored<records::v1::TokenRow>> tokens;
  std::vector<Stored<records::v1::CounterRow>> counters;

  // Tokens that are not revoked, and those that may approve acts on the
  // account.
  int Live() const;
  int Active() const;
  // Null if the account has no such token.
  const Stored<records::v1::TokenRow>* Find(absl::string_view token_id) const;
};

// A page of a tenant's tokens, by id.
struct TokenPage {
  u2fi::store::Epoch epoch;
  std::vector<Stored<records::v1::TokenRow>> tokens;
  bool more = false;
};

// A page of a tenant's recoveries, newest first.
struct RecoveryPage {
  std::vector<records::v1::RecoveryRow> recoveries;
  bool more = false;
};

// The tokens of all tenants, in partition (attestation, tenant):
//   t/<token>       records.v1.TokenRow
//   n/<token>       records.v1.CounterRow
//   p/<token>       records.v1.PendingRow
//   a/<account>     records.v1.AccountRow
//   v/<challenge>   records.v1.VerdictRow
//   cred/<hash>     the token that has this credential id; never removed
//   key/<hash>      the token that has this public key; never removed
//   applied/<command id>   the command was applied; kept for 40 days
//   policy          records.v1.PolicyRow
//   r/<recovery>    records.v1.RecoveryRow
//   rq/<request id> records.v1.RequestRow
//   w/t/<token>     records.v1.WordRow, until the registry was told
//   w/r/<account>   the same about the account's recovery
// and in partition (attestation-shared, all):
//   tenant/<tenant> records.v1.TenantRow
//   metadata        records.v1.MetadataRow
//   blob/<number>/<part>  a piece of the metadata BLOB
// Reads only; writes go into a transition with their audit row. Thread-safe.
class TokenStore {
 public:
  // `store` must outlive this object.
  explicit TokenStore(u2fi::store::Store& store) : store_(store) {}

  absl::StatusOr<AssertionView> ReadForAssertion(absl::string_view tenant,
                                                 absl::string_view challenge,
                                                 absl::string_view token_id);

  absl::StatusOr<RegistrationView> ReadForRegistration(
      absl::string_view tenant, absl::string_view challenge,
      const records::v1::TokenRow& token);

  absl::StatusOr<AccountView> ReadAccount(absl::string_view tenant,
                                          absl::string_view account);

  // One record alone, with its epoch. `key` from the functions below.
  template <typename Row>
  absl::StatusOr<std::pair<u2fi::store::Epoch, Stored<Row>>> ReadRow(
      absl::string_view tenant, const std::string& key);

  // At most `limit` tokens of the tenant that come after the id `after`.
  absl::StatusOr<TokenPage> ReadTokens(absl::string_view tenant,
                                       absl::string_view after, size_t limit);

  // Recoveries that come after the id `after`.
  absl::StatusOr<RecoveryPage> ReadRecoveries(absl::string_view tenant,
                                              absl::string_view after);

  // What the command made or changed, if it was applied before.
  absl::StatusOr<absl::optional<std::string>> FindApplied(
      absl::string_view tenant, absl::string_view command_id);

  // Makes sure that Tenants() names the tenant. `epoch` is the store's as the
  // caller read it; cheap when known in it, since a new one may have forgotten.
  absl::Status RememberTenant(absl::string_view tenant,
                              const u2fi::store::Epoch& epoch);
  // Every tenant that ever had a token.
  absl::StatusOr<std::vector<std::string>> Tenants();

  u2fi::store::Store& store() { return store_; }

 private:
  u2fi::store::Store& store_;
  Mutex mutex_;
  // Known to be stored, in this epoch.
  std::set<std::string, std::less<>> tenants_ ABSL_GUARDED_BY(mutex_);
  u2fi::store::Epoch epoch_ ABSL_GUARDED_BY(mutex_);
};

// Where what is of the whole deployment stands: the imported metadata, and
// hints of changes.
absl::StatusOr<u2fi::store::Partition> SharedPartition();

// Keys, for transitions.
std::string TokenKey(absl::string_view token_id);
std::string CounterKey(absl::string_view token_id);
std::string PendingKey(absl::string_view token_id);
std::string AccountKeyOf(absl::string_view account);
std::string VerdictKey(absl::string_view challenge);
std::string CredentialKeyOf(absl::string_view credential_id);
std::string PublicKeyKeyOf(absl::string_view public_key);
std::string AppliedKey(absl::string_view command_id);
std::string PolicyKey();
std::string RecoveryKey(absl::string_view recovery_id);
std::string RequestKey(absl::string_view request_id);
inline constexpr absl::string_view kWords = "w/";
std::string TokenWordKey(absl::string_view token_id);
std::string RecoveryWordKey(absl::string_view account);

// The id of the token with this credential: the same for the same credential.
std::string TokenIdOf(absl::string_view credential_id);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_STORE_H_
