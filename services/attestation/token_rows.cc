#include "services/attestation/token_rows.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/attestation/token_store.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

using records::v1::TokenRow;
using State = fido::CredentialRecord::State;

State StateOf(const TokenRow& token, bool pending) {
  if (pending) return State::kActive;
  switch (token.state()) {
    case v1::TOKEN_STATE_ACTIVE:
      return State::kActive;
    case v1::TOKEN_STATE_QUARANTINED:
      return State::kQuarantined;
    case v1::TOKEN_STATE_REVOKED:
      return State::kRevoked;
    default:
      return State::kSuspended;
  }
}

v1::TrustLevel TrustOf(fido::TrustLevel level) {
  switch (level) {
    case fido::TrustLevel::kSelf:
      return v1::TRUST_LEVEL_SELF;
    case fido::TrustLevel::kAttested:
      return v1::TRUST_LEVEL_ATTESTED;
    case fido::TrustLevel::kModel:
      return v1::TRUST_LEVEL_MODEL;
    default:
      return v1::TRUST_LEVEL_NONE;
  }
}

}  // namespace

absl::StatusOr<fido::CredentialRecord> RecordOf(
    const TokenRow& token, const absl::optional<uint32_t>& counter,
    bool pending) {
  ASSIGN_OR_RETURN(fido::CredentialKey key,
                   fido::CredentialKey::FromStored(token.public_key()));
  fido::CredentialRecord record(token.credential_id(), std::move(key));
  record.account = token.account();
  record.state = StateOf(token, pending);
  record.counter = counter;
  record.is_u2f = token.is_u2f();
  return record;
}

TokenRow TokenOf(const fido::RegistrationRecord& record) {
  TokenRow token;
  token.set_schema(1);
  token.set_token_id(TokenIdOf(record.credential_id));
  token.set_state(v1::TOKEN_STATE_ACTIVE);
  token.set_protocol(record.protocol == fido::Protocol::kU2f
                         ? common::v1::TOKEN_PROTOCOL_U2F
                         : common::v1::TOKEN_PROTOCOL_CTAP2);
  token.set_trust(TrustOf(record.trust.level));
  token.set_credential_id(record.credential_id);
  token.set_public_key(record.key.Stored());
  token.set_attestation(record.attestation);
  token.set_is_u2f(record.is_u2f);
  token.set_attestation_key_id(record.attestation_key_id);
  return token;
}

proof::v1::Registration RegistrationOf(const TokenRow& token) {
  proof::v1::Registration registration;
  registration.set_credential_id(token.credential_id());
  registration.set_public_key(token.public_key());
  registration.set_attestation(token.attestation());
  return registration;
}

common::v1::Candidate CandidateOf(const TokenRow& token,
                                  const absl::optional<uint32_t>& counter) {
  common::v1::Candidate candidate;
  candidate.set_token_id(token.token_id());
  candidate.set_credential_id(token.credential_id());
  candidate.set_protocol(token.protocol());
  if (counter.has_value()) candidate.set_counter_floor(*counter);
  candidate.set_level(token.level());
  candidate.set_last_gateway(token.gateway());
  return candidate;
}

v1::Token ViewOf(const TokenRow& token,
                 const absl::optional<uint32_t>& counter) {
  v1::Token view;
  view.set_name(absl::StrCat("tokens/", token.token_id()));
  view.set_account(token.account());
  view.set_label(token.label());
  view.set_state(token.state());
  view.set_state_reason(token.state_reason());
  view.set_protocol(token.protocol());
  view.set_trust(token.trust());
  view.set_level(token.level());
  if (counter.has_value()) view.set_counter(*counter);
  view.set_credential_fingerprint(
      crypto::Hex(crypto::View(crypto::Sha256(token.credential_id()))));
  view.set_public_key(token.public_key());
  view.set_attestation_key_id(token.attestation_key_id());
  view.set_recovery(token.recovery());
  view.set_lease_site(token.lease_site());
  view.set_last_gateway(token.gateway());
  *view.mutable_create_time() =
      google::protobuf::util::TimeUtil::MillisecondsToTimestamp(
          static_cast<int64_t>(token.create_ms()));
  return view;
}

}  // namespace u2fi::attestation
