#include "services/common/proof/assertion.h"

#include "absl/strings/str_cat.h"
#include "services/common/proof/domains.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::proof {
namespace {

constexpr size_t kFixedSize = 37;
// Flags of authenticator data (WebAuthn L3, 6.1).
constexpr uint8_t kUserPresent = 0x01;
constexpr uint8_t kUserVerified = 0x04;
constexpr uint8_t kBackupEligible = 0x08;
constexpr uint8_t kBackupState = 0x10;
constexpr uint8_t kExtensions = 0x80;
// Reserved bits and "attested credential data included".
constexpr uint8_t kNeverInAssertions = 0x02 | 0x20 | 0x40;

// SubjectPublicKeyInfo of P-256 up to the point (RFC 5480, 2.1.1).
constexpr absl::string_view kSpkiPrefix(
    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48"
    "\xce"
    "\x3d\x03\x01\x07\x03\x42\x00",
    26);

absl::Status Malformed() {
  return Error(reason::kAuthdataMalformed,
               "the authenticator data are malformed");
}

absl::Status NotPresent() {
  return Error(reason::kUserPresence,
               "the presence flag is not what the purpose needs");
}

absl::Status CheckU2fFlags(absl::string_view bytes, uint8_t flags,
                           bool presence_only) {
  if (bytes.size() != kFixedSize) return Malformed();
  return flags == (presence_only ? 0 : kUserPresent) ? absl::OkStatus()
                                                     : NotPresent();
}

absl::Status CheckWebauthnFlags(absl::string_view bytes, uint8_t flags,
                                bool presence_only) {
  const bool extended = bytes.size() > kFixedSize;
  if ((flags & kNeverInAssertions) != 0 ||
      extended != ((flags & kExtensions) != 0)) {
    return Malformed();
  }
  if (((flags & kUserPresent) == 0) != presence_only) return NotPresent();
  if ((flags & (kBackupEligible | kBackupState)) != 0) {
    return Error(reason::kBackupNotAllowed,
                 "the credential is not bound to one token");
  }
  return absl::OkStatus();
}

absl::Status OriginError() {
  return Error(reason::kOriginMismatch,
               "the client data are for another place");
}

absl::Status ChannelKeyError() {
  return Error(reason::kChannelKeyMismatch,
               "the client data hold another gateway key");
}

absl::Status CheckGatewayClientData(const ClientData& data,
                                    const ExpectedPlace& place) {
  ASSIGN_OR_RETURN(GatewayOrigin origin, ParseGatewayOrigin(data.origin));
  if (place.gateway.site.empty()) origin.site.clear();
  if (origin.Text() != place.gateway.Text()) return OriginError();
  if (!data.is_u2f) return absl::OkStatus();
  if (!place.gateway_point.empty()) {
    return data.gateway_point == place.gateway_point ? absl::OkStatus()
                                                     : ChannelKeyError();
  }
  const crypto::Digest key = ChannelKeyOf(data.gateway_point);
  return !data.gateway_point.empty() && crypto::View(key) == place.channel_key
             ? absl::OkStatus()
             : ChannelKeyError();
}

}  // namespace

absl::StatusOr<AuthenticatorData> ReadAuthenticatorData(absl::string_view bytes,
                                                        bool is_u2f,
                                                        bool presence_only) {
  if (bytes.size() < kFixedSize || bytes.size() > kMaxAuthenticatorData) {
    return Malformed();
  }
  AuthenticatorData data;
  data.rp_id_hash = bytes.substr(0, 32);
  data.flags = static_cast<uint8_t>(bytes[32]);
  for (size_t i = 33; i < kFixedSize; ++i) {
    data.counter = (data.counter << 8) | static_cast<uint8_t>(bytes[i]);
  }
  data.user_verified = !is_u2f && (data.flags & kUserVerified) != 0;
  RETURN_IF_ERROR(is_u2f
                      ? CheckU2fFlags(bytes, data.flags, presence_only)
                      : CheckWebauthnFlags(bytes, data.flags, presence_only));
  return data;
}

std::string SignedBytes(absl::string_view authenticator_data,
                        absl::string_view client_data) {
  return absl::StrCat(authenticator_data,
                      crypto::View(crypto::Sha256(client_data)));
}

absl::Status CheckClientData(const ClientData& data,
                             const ExpectedPlace& place) {
  const bool browser = place.gateway.gateway.empty();
  if (data.type != (data.is_u2f ? kU2fAssertion : kWebauthnAssertion) ||
      (data.is_u2f && browser)) {
    return Error(reason::kClientDataType,
                 "the client data are not those of an assertion here");
  }
  if (!browser) return CheckGatewayClientData(data, place);
  if (crypto::View(BrowserChannelKey(data.origin)) != place.channel_key) {
    return OriginError();
  }
  return absl::OkStatus();
}

crypto::Digest ChannelKeyOf(absl::string_view point) {
  return crypto::Sha256({kSpkiPrefix, point});
}

crypto::Digest BrowserChannelKey(absl::string_view origin) {
  return crypto::Sha256(origin);
}

crypto::Digest RelayDigest(const crypto::Digest& challenge,
                           absl::string_view authenticator_data,
                           absl::string_view signature,
                           uint64_t touched_at_ms) {
  const crypto::Digest touch = crypto::Sha256({authenticator_data, signature});
  return crypto::Sha256({domain::kRelay, crypto::View(challenge),
                         crypto::View(touch),
                         crypto::BigEndian64(touched_at_ms)});
}

void SignRelay(const crypto::P256PrivateKey& gateway_key,
               const crypto::Digest& challenge, uint64_t touched_at_ms,
               v1::Answer& answer) {
  answer.set_touched_at_ms(touched_at_ms);
  answer.set_relay_signature(
      gateway_key.Sign(RelayDigest(challenge, answer.authenticator_data(),
                                   answer.signature(), touched_at_ms)));
}

absl::Status VerifyRelay(const crypto::P256PublicKey& key,
                         const crypto::Digest& challenge,
                         const v1::Approval& approval) {
  const crypto::Digest digest =
      RelayDigest(challenge, approval.authenticator_data(),
                  approval.signature(), approval.touched_at_ms());
  if (key.Verify(digest, approval.relay_signature()).ok()) {
    return absl::OkStatus();
  }
  return Error(reason::kRelayInvalid,
               "the gateway did not sign that it took this touch");
}

crypto::Digest AnswerDigest(const v1::Answer& answer) {
  return crypto::Sha256({domain::kAnswer,
                         crypto::LengthPrefixed(answer.client_data()),
                         crypto::LengthPrefixed(answer.authenticator_data()),
                         crypto::LengthPrefixed(answer.signature()),
                         crypto::LengthPrefixed(answer.token_id()),
                         crypto::LengthPrefixed(answer.relay_signature())});
}

crypto::Digest RegistrationDigest(const v1::Registration& registration) {
  return crypto::Sha256({domain::kEnrol,
                         crypto::LengthPrefixed(registration.credential_id()),
                         crypto::LengthPrefixed(registration.public_key()),
                         crypto::LengthPrefixed(registration.attestation())});
}

v1::Approval ToApproval(absl::string_view statement_bytes,
                        const v1::Answer& answer) {
  v1::Approval approval;
  approval.set_statement(std::string(statement_bytes));
  approval.set_client_data(answer.client_data());
  approval.set_authenticator_data(answer.authenticator_data());
  approval.set_signature(answer.signature());
  approval.set_token_id(answer.token_id());
  approval.set_touched_at_ms(answer.touched_at_ms());
  approval.set_relay_signature(answer.relay_signature());
  return approval;
}

}  // namespace u2fi::proof
