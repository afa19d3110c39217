#ifndef U2FI_SERVICES_ATTESTATION_TOKEN_ROWS_H_
#define U2FI_SERVICES_ATTESTATION_TOKEN_ROWS_H_

#include "absl/types/optional.h"
#include "services/attestation/token_store.h"
#include "services/common/fido/assertion_verifier.h"
#include "services/common/fido/registration.h"
#include "u2fi/attestation/records/v1/records.pb.h"
#include "u2fi/common/v1/token.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

// Between what is stored and what verifiers and callers speak.
namespace u2fi::attestation {

// Nothing if there is no such record.
absl::optional<uint32_t> CounterOf(
    const Stored<records::v1::CounterRow>& counter);

// The credential with `key`, as the verifier wants it. A pending one counts as
// active: its own assertion is what makes it so.
fido::CredentialRecord RecordOf(const records::v1::TokenRow& token,
                                fido::CredentialKey key,
                                const Stored<records::v1::CounterRow>& counter,
                                bool pending);

// The token that a verified registration makes, without label and account.
records::v1::TokenRow TokenOf(const fido::RegistrationRecord& record);

// What the command `u2fi.enrol` needs of it.
proof::v1::Registration RegistrationOf(const records::v1::TokenRow& token);

// What an approver may be asked with.
common::v1::Candidate CandidateOf(
    const records::v1::TokenRow& token,
    const Stored<records::v1::CounterRow>& counter);

// The token as callers see it.
v1::Token ViewOf(const records::v1::TokenRow& token,
                 const Stored<records::v1::CounterRow>& counter);

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_TOKEN_ROWS_H_
