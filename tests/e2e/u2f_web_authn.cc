#include "tests/e2e/u2f_web_authn.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/encoding.h"
#include "services/common/fido/cbor_writer.h"
#include "services/common/fido/u2f_messages.h"
#include "services/common/proof/assertion.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/gateway-agent/token.h"

namespace u2fi::e2e {
namespace {

namespace cbor = fido::cbor;

constexpr absl::Duration kPatience = absl::Seconds(10);

// The key in COSE, as browsers make it from a point.
std::string Cose(absl::string_view point) {
  return cbor::Map({{cbor::Integer(1), cbor::Integer(2)},
                    {cbor::Integer(3), cbor::Integer(-7)},
                    {cbor::Integer(-1), cbor::Integer(1)},
                    {cbor::Integer(-2), cbor::Bytes(point.substr(1, 32))},
                    {cbor::Integer(-3), cbor::Bytes(point.substr(33, 32))}});
}

// The attestation object of the format fido-u2f (WebAuthn L2, section 8.6).
std::string AttestationObject(const fido::U2fRegistration& key) {
  constexpr char kUserPresentAndKey[] = "\x41";
  const size_t size = key.key_handle.size();
  const std::string data = absl::StrCat(
      crypto::View(crypto::Sha256(OneSite::kRpId)), kUserPresentAndKey,
      crypto::BigEndian32(0), std::string(16, '\0'),
      std::string({static_cast<char>(size >> 8), static_cast<char>(size)}),
      key.key_handle, Cose(key.public_key));
  return cbor::Map(
      {{cbor::Text("fmt"), cbor::Text("fido-u2f")},
       {cbor::Text("attStmt"),
        cbor::Map({{cbor::Text("sig"), cbor::Bytes(key.signature)},
                   {cbor::Text("x5c"),
                    cbor::Array({cbor::Bytes(key.certificate)})}})},
       {cbor::Text("authData"), cbor::Bytes(data)}});
}

// The parameters of U2F.
std::string ChallengeFor(const std::string& client_data) {
  return crypto::ToString(crypto::Sha256(client_data));
}
std::string Application() {
  return crypto::ToString(crypto::Sha256(OneSite::kRpId));
}

}  // namespace

U2fWebAuthn::U2fWebAuthn(OneSite& site, std::vector<std::string> key_paths)
    : site_(site), keys_(std::move(key_paths), site.clock(), site.random()) {}

absl::StatusOr<common::v1::RegistrationAnswer> U2fWebAuthn::Create(
    const crypto::Digest& challenge,
    const std::vector<common::v1::Candidate>& /*exclude*/) {
  common::v1::RegistrationAnswer answer;
  answer.set_form(common::v1::REGISTRATION_FORM_WEBAUTHN);
  answer.set_client_data(proof::WebauthnClientData(
      proof::kWebauthnRegistration, challenge, OneSite::kPortal));
  const auto keys = keys_.Find({});
  u2fhid::CancelFlag cancel;
  ASSIGN_OR_RETURN(
      const std::string raw,
      keys.back()->Register(ChallengeFor(answer.client_data()), Application(),
                            {site_.clock().Uptime() + kPatience, cancel}));
  ASSIGN_OR_RETURN(const fido::U2fRegistration key,
                   fido::ParseU2fRegistration(raw));
  answer.set_response(AttestationObject(key));
  answer.set_raw_id(std::string(key.key_handle));
  return answer;
}

absl::StatusOr<proof::v1::Answer> U2fWebAuthn::TouchOf(
    gateway_agent::Token& key, const crypto::Digest& challenge,
    const common::v1::Candidate& candidate) {
  proof::v1::Answer answer;
  answer.set_client_data(proof::WebauthnClientData(
      proof::kWebauthnAssertion, challenge, OneSite::kPortal));
  u2fhid::CancelFlag cancel;
  ASSIGN_OR_RETURN(const std::string raw,
                   key.Sign(ChallengeFor(answer.client_data()), Application(),
                            candidate.credential_id(),
                            {site_.clock().Uptime() + kPatience, cancel}));
  ASSIGN_OR_RETURN(const auto made, fido::ParseU2fAuthentication(raw));
  answer.set_authenticator_data(
      made.AuthenticatorData(crypto::Sha256(OneSite::kRpId)));
  answer.set_signature(std::string(made.signature));
  answer.set_token_id(candidate.token_id());
  return answer;
}

absl::StatusOr<proof::v1::Answer> U2fWebAuthn::Get(
    const crypto::Digest& challenge,
    const std::vector<common::v1::Candidate>& candidates) {
  u2fhid::CancelFlag cancel;
  for (const auto& key : keys_.Find({})) {
    for (const common::v1::Candidate& candidate : candidates) {
      const auto owns = key->Owns(Application(), candidate.credential_id(),
                                  {site_.clock().Uptime() + kPatience, cancel});
      if (owns.ok() && *owns) return TouchOf(*key, challenge, candidate);
    }
  }
  return Error(reason::kResourceUnknown, "none of the keys asked for is here");
}

}  // namespace u2fi::e2e
