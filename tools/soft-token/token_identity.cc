#include "tools/soft-token/token_identity.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::soft_token {
namespace {

constexpr char kFormat[] = "u2fi-soft-token 1";
constexpr size_t kSecretSize = 32;
constexpr absl::Duration kCertificateLife = absl::Hours(24 * 365 * 20);
// FIDO U2F Authenticator Transports Extension 1.2: bit 2 of a BIT STRING, USB.
constexpr char kOidTransports[] = "1.3.6.1.4.1.45724.2.1.1";
constexpr char kTransportUsb[] = "\x03\x02\x05\x20";

absl::Status NotAnIdentity(absl::string_view problem) {
  return FieldError("state", absl::StrCat("not a token's identity: ", problem));
}

std::string MakeCertificate(const crypto::P256PrivateKey& key, absl::Time now,
                            RandomSource& random) {
  crypto::CertificateSpec spec;
  spec.subject = crypto::CommonName("U2Fi Soft Token");
  // A leading 0x01 keeps the number positive and not zero.
  spec.serial = "\x01" + random.Bytes(15);
  spec.not_before =
      absl::FromUnixSeconds(absl::ToUnixSeconds(now)) - absl::Hours(24);
  spec.not_after = spec.not_before + kCertificateLife;
  spec.extensions = {{kOidTransports, false, kTransportUsb}};
  return crypto::SelfSigned(spec, key).der();
}

// The part of `text` behind a line that is `name`, a space and hex digits.
absl::StatusOr<std::string> HexLine(const std::vector<std::string>& lines,
                                    size_t at, absl::string_view name) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(lines[at], absl::MaxSplits(' ', 1));
  absl::StatusOr<std::string> bytes = crypto::FromHex(parts.second);
  if (parts.first != name || !bytes.ok()) {
    return NotAnIdentity(absl::StrCat("no line \"", name, "\""));
  }
  return bytes;
}

absl::Status CheckCertificate(const TokenIdentity& identity) {
  const absl::StatusOr<crypto::Certificate> certificate =
      crypto::Certificate::FromDer(identity.certificate);
  if (!certificate.ok()) return NotAnIdentity("bad certificate");
  if (certificate->spki() != identity.attestation_key.public_key().Spki()) {
    return NotAnIdentity("the certificate is for another key");
  }
  return absl::OkStatus();
}

}  // namespace

TokenIdentity NewIdentity(const Clock& clock, RandomSource& random) {
  const crypto::P256PrivateKey key = crypto::P256PrivateKey::Generate();
  return {random.Bytes(kSecretSize), key,
          MakeCertificate(key, clock.Now(), random)};
}

std::string ToText(const TokenIdentity& identity) {
  return absl::StrCat(kFormat, "\nsecret ", crypto::Hex(identity.secret),
                      "\ncertificate ", crypto::Hex(identity.certificate), "\n",
                      identity.attestation_key.ToPem());
}

absl::StatusOr<TokenIdentity> FromText(absl::string_view text) {
  const std::vector<std::string> lines =
      absl::StrSplit(text, absl::MaxSplits('\n', 3));
  if (lines.size() != 4 || lines[0] != kFormat) {
    return NotAnIdentity("another format");
  }
  ASSIGN_OR_RETURN(std::string secret, HexLine(lines, 1, "secret"));
  if (secret.size() != kSecretSize) return NotAnIdentity("bad secret");
  ASSIGN_OR_RETURN(std::string certificate, HexLine(lines, 2, "certificate"));
  absl::StatusOr<crypto::P256PrivateKey> key =
      crypto::P256PrivateKey::FromPem(lines[3]);
  if (!key.ok()) return NotAnIdentity("bad key");
  TokenIdentity identity{std::move(secret), *std::move(key),
                         std::move(certificate)};
  RETURN_IF_ERROR(CheckCertificate(identity));
  return identity;
}

}  // namespace u2fi::soft_token
