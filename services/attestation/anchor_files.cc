#include "services/attestation/anchor_files.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/pem.h"
#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::attestation {
namespace {

absl::Status Unusable(const std::string& path, absl::string_view why) {
  return FieldError("anchor_files", absl::StrCat(path, " ", why));
}

}  // namespace

absl::StatusOr<std::vector<crypto::Certificate>> ReadAnchorFile(
    const std::string& path) {
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxAnchorFile);
  if (!text.ok()) return Unusable(path, "cannot be read");
  const auto blocks = crypto::FromPem(crypto::kPemCertificate, *text);
  if (!blocks.ok()) return Unusable(path, "is no PEM file of certificates");
  std::vector<crypto::Certificate> certificates;
  for (const std::string& der : *blocks) {
    absl::StatusOr<crypto::Certificate> certificate =
        crypto::Certificate::FromDer(der);
    if (!certificate.ok()) return Unusable(path, "has a bad certificate");
    certificates.push_back(*std::move(certificate));
  }
  return certificates;
}

absl::StatusOr<std::vector<fido::TrustAnchor>> ReadAnchorFiles(
    const std::vector<std::string>& paths) {
  std::vector<fido::TrustAnchor> anchors;
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const std::vector<crypto::Certificate> certificates,
                     ReadAnchorFile(path));
    for (const crypto::Certificate& certificate : certificates) {
      anchors.push_back({certificate, {}});
    }
  }
  return anchors;
}

}  // namespace u2fi::attestation
