#include "services/attestation/token_rows.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/attestation/requests.h"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"

namespace u2fi::attestation {
namespace {

using records::v1::CounterRow;
using records::v1::TokenRow;
using State = fido::CredentialRecord::State;

constexpr int kMaxFingerprints = 4;
constexpr size_t kAaguidSize = 16;

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

// Where it was used last, or enrolled.
const std::string& LastGateway(const TokenRow& token,
                               const Stored<CounterRow>& counter) {
  return counter.row.last_use_ms() == 0 ? token.gateway()
                                        : counter.row.gateway();
}

// -7 for a point, the number in a COSE_Key otherwise; 0 if it cannot be read.
int32_t AlgorithmOf(const TokenRow& token) {
  const auto key = fido::CredentialKey::FromStored(token.public_key());
  return key.ok() ? static_cast<int32_t>(key->algorithm()) : 0;
}

void DescribeOrigin(const TokenRow& token, v1::Token& view) {
  view.set_trust(token.trust());
  view.set_level(token.level());
  view.set_algorithm(AlgorithmOf(token));
  view.set_credential_fingerprint(
      crypto::Hex(crypto::View(crypto::Sha256(token.credential_id()))));
  view.set_public_key(token.public_key());
  view.set_aaguid(token.aaguid().empty() ? std::string(kAaguidSize, '\0')
                                         : token.aaguid());
  view.set_attestation_key_id(token.attestation_key_id());
  view.set_model_description(token.model_description());
  *view.mutable_certificate_fingerprints() = token.certificate_fingerprints();
}

void DescribeUse(const TokenRow& token, const Stored<CounterRow>& counter,
                 v1::Token& view) {
  view.set_uv_capable(token.uv_at_registration() ||
                      counter.row.user_verified());
  if (counter.exists()) view.set_counter(counter.row.counter());
  view.set_last_gateway(LastGateway(token, counter));
  if (counter.row.last_use_ms() != 0) {
    *view.mutable_last_use_time() = ToTimestamp(counter.row.last_use_ms());
  }
}

}  // namespace

absl::optional<uint32_t> CounterOf(
    const Stored<records::v1::CounterRow>& counter) {
  if (!counter.exists()) return absl::nullopt;
  return counter.row.counter();
}

fido::CredentialRecord RecordOf(const TokenRow& token, fido::CredentialKey key,
                                const Stored<records::v1::CounterRow>& counter,
                                bool pending) {
  fido::CredentialRecord record(token.credential_id(), std::move(key));
  record.account = token.account();
  record.state = StateOf(token, pending);
  record.counter = CounterOf(counter);
  if (token.has_backup_eligible()) {
    record.backup_eligible = token.backup_eligible();
  }
  record.is_u2f = token.is_u2f();
  return record;
}

TokenRow TokenOf(const fido::RegistrationRecord& record) {
  TokenRow token;
  token.set_schema(1);
  token.set_token_id(TokenIdOf(record.credential_id));
  token.set_state(v1::TOKEN_STATE_ACTIVE);
  // What was made over U2F, in a browser too, a gateway can use over U2F.
  token.set_protocol(record.is_u2f ? common::v1::TOKEN_PROTOCOL_U2F
                                   : common::v1::TOKEN_PROTOCOL_CTAP2);
  token.set_trust(TrustOf(record.trust.level));
  token.set_credential_id(record.credential_id);
  token.set_public_key(record.key.Stored());
  token.set_attestation(record.attestation);
  token.set_is_u2f(record.is_u2f);
  token.set_attestation_key_id(record.attestation_key_id);
  for (const std::string& fingerprint : record.certificate_fingerprints) {
    if (token.certificate_fingerprints_size() == kMaxFingerprints) break;
    token.add_certificate_fingerprints(crypto::Hex(fingerprint));
  }
  token.set_model_description(record.trust.model_description);
  if (record.protocol == fido::Protocol::kWebAuthn) {
    token.set_aaguid(record.evidence.aaguid);
    token.set_backup_eligible(record.backup_eligible);
    token.set_uv_at_registration(record.user_verified);
    token.set_format(record.evidence.format);
  }
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
                                  const Stored<CounterRow>& counter) {
  common::v1::Candidate candidate;
  candidate.set_token_id(token.token_id());
  candidate.set_credential_id(token.credential_id());
  candidate.set_protocol(token.protocol());
  if (counter.exists()) candidate.set_counter_floor(counter.row.counter());
  candidate.set_level(token.level());
  candidate.set_last_gateway(LastGateway(token, counter));
  return candidate;
}

v1::Token ViewOf(const TokenRow& token, const Stored<CounterRow>& counter) {
  v1::Token view;
  view.set_name(absl::StrCat("tokens/", token.token_id()));
  view.set_account(token.account());
  view.set_label(token.label());
  view.set_state(token.state());
  view.set_state_reason(token.state_reason());
  view.set_protocol(token.protocol());
  view.set_recovery(token.recovery());
  view.set_lease_site(token.lease_site());
  *view.mutable_create_time() = ToTimestamp(token.create_ms());
  view.set_etag(absl::StrCat(token.revision()));
  DescribeOrigin(token, view);
  DescribeUse(token, counter, view);
  return view;
}

}  // namespace u2fi::attestation
