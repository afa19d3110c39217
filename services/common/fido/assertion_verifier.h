#ifndef U2FI_SERVICES_COMMON_FIDO_ASSERTION_VERIFIER_H_
#define U2FI_SERVICES_COMMON_FIDO_ASSERTION_VERIFIER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "services/common/fido/authenticator_data.h"
#include "services/common/fido/ceremony.h"
#include "services/common/fido/client_data.h"
#include "services/common/fido/cose_key.h"

// One verifier for U2F authentication (raw message formats v1.2) and WebAuthn
// assertions (L3, 7.2): a U2F answer is 37 bytes of authenticator data. It
// works in two halves, because a challenge is spent between them: by the first
// answer that is well formed, right or wrong, and before any curve arithmetic.
//
// ScreenAssertion(), before the challenge is spent; the first failure is the
// answer:
//   client_data        one JSON object within the limits · CLIENT_DATA_FORMAT
//   type               of an assertion · CLIENT_DATA_TYPE
//   challenge          the text that was issued · CHALLENGE_MISMATCH
//   origin             an allowed one · ORIGIN_MISMATCH
//   channel_id         U2F: the channel's key, if bound · CHANNEL_ID_MISMATCH
//   cross_origin       WebAuthn: only if allowed · CROSS_ORIGIN_NOT_ALLOWED
//   top_origin         WebAuthn: only a listed one · TOP_ORIGIN_MISMATCH
//   credential         on record, U2F: this account's · CREDENTIAL_UNKNOWN
//   user               WebAuthn: this account's · USER_MISMATCH
//   active             not revoked, suspended, flagged · CREDENTIAL_REVOKED
//   format             the layout · FORMAT (U2F), AUTHDATA_MALFORMED
//   rp_id_hash         the relying party's · RP_ID_HASH_MISMATCH
//   user_presence      touched · USER_PRESENCE
//   flags              U2F: no other bit · FORMAT
//   user_verification  if required · USER_VERIFICATION
//   backup             flags agree, with the record too · BACKUP_FLAGS_INVALID
//
// VerifyAssertion(), after it:
//   challenge_known    issued by us · CHALLENGE_UNKNOWN
//   challenge_scope    for this · CHALLENGE_SCOPE
//   challenge_expiry   in time · CHALLENGE_EXPIRED
//   challenge_use      for the first time · CHALLENGE_REUSED
//   offered            one of those asked for · NO_CREDENTIALS,
//                      CREDENTIAL_NOT_OFFERED
//   signature          by the stored key · SIGNATURE_INVALID
//   counter            moved on · COUNTER_REGRESSION, COUNTER_OUT_OF_ORDER
//   extensions         as the policy says · EXTENSION_UNEXPECTED
//   command            the one about to be run · COMMAND_MISMATCH
namespace u2fi::fido {

// The credential as it is on record.
struct CredentialRecord {
  CredentialRecord(std::string credential_id, CredentialKey public_key)
      : id(std::move(credential_id)), key(std::move(public_key)) {}

  // Only kActive may approve.
  enum class State { kActive, kSuspended, kQuarantined, kRevoked };

  std::string id;
  std::string account;
  State state = State::kSuspended;
  CredentialKey key;
  // Highest counter accepted. Absent: none yet.
  absl::optional<uint32_t> counter;
  // As at registration. Absent: not known, not compared.
  absl::optional<bool> backup_eligible;
  // Registered over U2F: the only kind for which appid counts.
  bool is_u2f = false;
};

// What arrived.
struct AssertionAnswer {
  std::string client_data;
  // U2fAuthentication::AuthenticatorData() for a raw U2F answer.
  std::string authenticator_data;
  std::string signature;
  std::string credential_id;
  // WebAuthn's response.userHandle, if there was one.
  absl::optional<std::string> user_handle;
  // The client's output of the extension appid (WebAuthn L3, 10.1.1).
  absl::optional<bool> appid_output;
};

struct AssertionInputs {
  Expectation expected;
  AssertionAnswer answer;
  // Absent: no such credential on record.
  absl::optional<CredentialRecord> credential;
  // The AppID that was asked for with the extension appid.
  absl::optional<std::string> appid;
  // A counter that did not move on is out of order, never a regression:
  // purpose PRESENCE, whose signatures overtake each other (decisions B6).
  bool ignore_counter_floor = false;
};

// An answer that passed the first half. Only ScreenAssertion() makes one.
class ScreenedAssertion {
 public:
  const ClientData& client_data() const { return client_data_; }

 private:
  friend class AssertionCheck;
  explicit ScreenedAssertion(const AssertionInputs& inputs)
      : inputs_(&inputs) {}

  const AssertionInputs* inputs_;
  ClientData client_data_;
  AuthenticatorData data_;
};

// An answer that passed every step: to hold one is to have checked. Only
// VerifyAssertion() makes one.
class VerifiedAssertion {
 public:
  const std::string& credential_id() const { return credential_id_; }
  const std::string& account() const { return account_; }
  // To be stored by compare-and-set against CredentialRecord::counter.
  uint32_t counter() const { return counter_; }
  bool user_present() const { return (flags_ & flag::kUserPresent) != 0; }
  // Never for U2F.
  bool user_verified() const { return (flags_ & flag::kUserVerified) != 0; }
  bool backup_state() const { return (flags_ & flag::kBackupState) != 0; }

 private:
  friend class AssertionCheck;
  VerifiedAssertion(std::string credential_id, std::string account,
                    uint32_t counter, uint8_t flags)
      : credential_id_(std::move(credential_id)),
        account_(std::move(account)),
        counter_(counter),
        flags_(flags) {}

  std::string credential_id_;
  std::string account_;
  uint32_t counter_;
  uint8_t flags_;
};

// The first half. `inputs` must outlive the result and stay as they are.
absl::StatusOr<ScreenedAssertion> ScreenAssertion(
    const AssertionInputs& inputs);

// The second half.
absl::StatusOr<VerifiedAssertion> VerifyAssertion(
    ScreenedAssertion screened, const SpentChallenge& challenge);

// The steps of both halves in order, for metrics and tests.
std::vector<std::string> AssertionStepNames();

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_ASSERTION_VERIFIER_H_
