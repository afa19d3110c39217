#ifndef U2FI_SERVICES_COMMON_PROOF_ACCOUNT_PROOF_H_
#define U2FI_SERVICES_COMMON_PROOF_ACCOUNT_PROOF_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "services/common/proof/approvals.h"
#include "services/common/proof/step.h"
#include "u2fi/proof/v1/command.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::proof {

// Acts on `account:<id>` (purposes ENROL and TOKEN): no pin set names the keys
// and places, the account's own records do. Attestation and registry verify
// them in Apply; agents verify the enrolments in the evidence of a pin set.

// A token of the account.
struct AccountKey {
  std::string token_id;
  // P-256, uncompressed, 65 bytes. Empty: `check` verifies the signature.
  std::string point;
  // For keys of other kinds: OK if `signature` is the key's over
  // `signed_bytes` (authenticator data ‖ SHA-256(client data)).
  std::function<absl::Status(absl::string_view signed_bytes,
                             absl::string_view signature)>
      check;
  // Approves `u2fi.token.recover` and nothing else.
  bool recovery = false;
};

// A gateway where the account may approve.
struct AccountGateway {
  std::string id;
  // SHA-256 of its SPKI.
  std::string channel_key;
  // Its point, if known. Without it only U2F answers can be checked there:
  // they bring it, and channel_key proves it.
  std::string point;
};

// What the verifier believes about the account, and when it is.
struct AccountInputs {
  std::string tenant;
  std::string account;
  std::string rp_id_hash;
  // Its enrolled tokens that may approve now.
  std::vector<AccountKey> keys;
  // `u2fi.enrol`: the key that joins, and the registration it came with.
  absl::optional<AccountKey> new_key;
  v1::Registration registration;
  // Places that the account believes (decisions A7).
  std::vector<AccountGateway> gateways;
  // SHA-256 of the portal's origins.
  std::vector<std::string> browser_channel_keys;
  // Do not ask whether the place belongs to the account: for the enrolments in
  // evidence. A first token is enrolled at any gateway in any case.
  bool any_place = false;
  // A touch at a gateway whose point is neither known here nor in the client
  // data (WebAuthn) only has to say that it was relayed: whoever holds the
  // gateway's key checks it.
  bool relays_checked_elsewhere = false;
  // Milliseconds since 1970. 0: execute_by is not checked (history).
  uint64_t now_ms = 0;
  uint64_t skew_ms = 0;
};

// An act on an account that may be carried out: to hold one is to have
// verified it. Whether it was applied before, `applied/<command id>` knows.
class VerifiedAccountCommand {
 public:
  const v1::Command& command() const { return command_; }
  const std::string& bytes() const { return bytes_; }
  const std::string& account() const { return account_; }
  v1::Purpose purpose() const { return purpose_; }
  // Token ids of the approvals.
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  friend class AccountVerification;
  VerifiedAccountCommand() = default;

  v1::Command command_;
  std::string bytes_;
  std::string account_;
  v1::Purpose purpose_ = v1::PURPOSE_UNSPECIFIED;
  std::vector<std::string> tokens_;
};

// Verifies a command on an account with its proof. Steps and their names are
// those of VerifyProof(); target is tenant, account and the places; token is
// that the key is the account's own; rule is:
//   u2fi.enrol          the new key and, if the account has tokens, one of them
//   u2fi.token.recover  a recovery key
//   u2fi.token.resume   a key other than the one resumed
//   others              a key that is not for recovery
absl::StatusOr<VerifiedAccountCommand> VerifyAccountProof(
    absl::string_view command_bytes, const v1::Proof& proof,
    const AccountInputs& in);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_ACCOUNT_PROOF_H_
