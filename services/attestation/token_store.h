#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_STORE_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/store/store.h"
#include "u2fi/attestation/records/v1/records.pb.h"

namespace u2fi::attestation {

// Most tokens of an account, revoked ones included.
inline constexpr int kMaxTokensPerAccount = 16;

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
  // The credential id or the key belongs to somebody.
  bool credential_taken = false;
  bool key_taken = false;
};

// An account with its tokens and their counters.
struct AccountView {
  u2fi::store::Epoch epoch;
  Stored<records::v1::AccountRow> account;
  std::vector<Stored<records::v1::TokenRow>> tokens;
  std::vector<absl::optional<uint32_t>> counters;
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

  // The token alone; its epoch is the first of the pair.
  absl::StatusOr<std::pair<u2fi::store::Epoch, Stored<records::v1::TokenRow>>>
  ReadToken(absl::string_view tenant, absl::string_view token_id);

  // Whether the command was applied before.
  absl::StatusOr<bool> IsApplied(absl::string_view tenant,
                                 absl::string_view command_id);

 private:
  u2fi::store::Store& store_;
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

// The id of the token with this credential: the same for the same credential.
std::string TokenIdOf(absl::string_view credential_id);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_STORE_H_
