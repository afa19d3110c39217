#ifndef U2FI_SERVICES_ATTESTATION_ACCOUNT_PROOFS_H_
#define U2FI_SERVICES_ATTESTATION_ACCOUNT_PROOFS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/attestation/answer_origin.h"
#include "services/attestation/token_store.h"
#include "services/attestation/token_writer.h"
#include "services/common/proof/account_proof.h"
#include "services/common/time/clock.h"
#include "u2fi/attestation/v1/apply.pb.h"

// How the proof of an act on an account is verified here. Which gateways the
// account believes is the registry's to say: its Apply asks for the place, and
// for the relay of a touch by a gateway whose key is not in the client data.
// What a browser approved counts from the deployment's own portals only.
namespace u2fi::attestation {

// An act that Apply was asked for, one item of the request.
struct Act {
  const v1::ApplyRequest& request;
  const common::v1::BatchItem& item;
  proof::v1::Command command;
  std::string account;
  // Its audit row holds the touches; the rows of a batch's other acts refer to
  // them.
  bool holds_touches = true;

  const std::string& tenant() const { return request.tenant(); }
  const std::string& bytes() const { return item.command(); }
};

// A token as the proof verifier knows keys: P-256 as a point, all others with
// a function that checks.
proof::AccountKey KeyOf(const records::v1::TokenRow& token);

// What holds for every act: the account's active tokens, and now.
proof::AccountInputs InputsFor(const Act& act, const AccountView& account,
                               const RelyingParty& party, const Clock& clock);

// VerifyAccountProof(), and BROWSER_NOT_ALLOWED for a portal that is not ours.
absl::StatusOr<proof::VerifiedAccountCommand> VerifyAct(
    const Act& act, const proof::AccountInputs& inputs,
    const RelyingParty& party);

// `change` happens only if the tokens that approved still are what they were,
// and the command was not applied before; then it remembers that it was, with
// `resource`.
void ExpectApprovers(const AccountView& account,
                     const proof::VerifiedAccountCommand& verified,
                     Change& change);
void RememberApplied(const Act& act, const Clock& clock,
                     const std::string& resource, Change& change);

// The row of a change of `token` by the act.
audit::RowContent RowOf(const Act& act, const records::v1::TokenRow& token);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ACCOUNT_PROOFS_H_
