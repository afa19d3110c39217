#include "services/common/crypto/certificate_chain.h"

#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::crypto {
namespace {

constexpr char kOidCertificatePolicies[] = "2.5.29.32";

absl::Status Refuse(absl::string_view rule) {
  return absl::PermissionDeniedError(rule);
}

bool IsUnderstood(absl::string_view oid) {
  for (const char* known :
       {kOidBasicConstraints, kOidKeyUsage, kOidExtendedKeyUsage,
        kOidSubjectAltName, kOidCertificatePolicies}) {
    if (oid == known) return true;
  }
  return false;
}

absl::Status CheckExtensions(const Certificate& certificate) {
  for (const Extension& extension : certificate.extensions()) {
    if (extension.critical && !IsUnderstood(extension.oid)) {
      return Refuse("a critical extension is not understood");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckDates(const Certificate& certificate, absl::Time now) {
  if (now < certificate.not_before()) return Refuse("not valid yet");
  if (now > certificate.not_after()) return Refuse("expired");
  return absl::OkStatus();
}

// `below` is the number of certificates between this one and the leaf.
absl::Status CheckMaySign(const Certificate& certificate, size_t below) {
  if (!certificate.is_ca() || !certificate.may_sign_certificates()) {
    return Refuse("an issuer is not a certificate authority");
  }
  if (certificate.path_length().has_value() &&
      static_cast<size_t>(*certificate.path_length()) < below) {
    return Refuse("the chain is longer than a path length allows");
  }
  return absl::OkStatus();
}

const Certificate* FindSame(const std::vector<Certificate>& anchors,
                            const Certificate& certificate) {
  for (const Certificate& anchor : anchors) {
    if (anchor.der() == certificate.der()) return &anchor;
  }
  return nullptr;
}

const Certificate* FindIssuer(const std::vector<Certificate>& anchors,
                              const Certificate& certificate, size_t below) {
  for (const Certificate& anchor : anchors) {
    const bool may_sign =
        anchor.version() < 3 || CheckMaySign(anchor, below).ok();
    if (may_sign && CheckExtensions(anchor).ok() &&
        certificate.CheckSignedBy(anchor).ok()) {
      return &anchor;
    }
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<Certificate> FollowChain(const std::vector<Certificate>& chain,
                                        const std::vector<Certificate>& anchors,
                                        const ChainOptions& options) {
  if (chain.empty() || chain.size() > kMaxChainSize) {
    return Refuse("no certificate, or too many");
  }
  for (size_t i = 0; i < chain.size(); ++i) {
    const Certificate& certificate = chain[i];
    RETURN_IF_ERROR(CheckExtensions(certificate));
    if (i > 0) RETURN_IF_ERROR(CheckMaySign(certificate, i - 1));
    if (const Certificate* same = FindSame(anchors, certificate)) return *same;
    if (i > 0 || options.check_leaf_dates) {
      RETURN_IF_ERROR(CheckDates(certificate, options.now));
    }
    if (const Certificate* issuer = FindIssuer(anchors, certificate, i)) {
      return *issuer;
    }
    if (i + 1 < chain.size()) {
      RETURN_IF_ERROR(certificate.CheckSignedBy(chain[i + 1]));
    }
  }
  return Refuse("the chain leads to no anchor");
}

}  // namespace u2fi::crypto
