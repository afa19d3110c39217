#include "tools/u2fi/key_file.h"

#include <vector>

#include "absl/strings/match.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/pem.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

constexpr char kPublicKey[] = "PUBLIC KEY";

}  // namespace

absl::StatusOr<std::string> SpkiFromPem(absl::string_view pem) {
  if (absl::StrContains(pem, "PRIVATE KEY")) {
    return FieldError("--key", "is a private key: it stays on the gateway");
  }
  const auto request = crypto::FromPem(crypto::kPemCertificateRequest, pem);
  if (request.ok()) {
    ASSIGN_OR_RETURN(const crypto::CertificateRequest parsed,
                     crypto::ParseCertificateRequest(request->front()));
    return parsed.key.Spki();
  }
  const auto certificate = crypto::FromPem(crypto::kPemCertificate, pem);
  if (certificate.ok()) {
    ASSIGN_OR_RETURN(const crypto::Certificate parsed,
                     crypto::Certificate::FromDer(certificate->front()));
    return std::string(parsed.spki());
  }
  const auto key = crypto::FromPem(kPublicKey, pem);
  if (key.ok()) return key->front();
  return FieldError("--key",
                    "holds no certificate request, certificate or public key "
                    "in PEM");
}

}  // namespace u2fi::cli
