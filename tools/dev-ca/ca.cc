#include "tools/dev-ca/ca.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/certificate_builder.h"
#include "services/common/crypto/pem.h"
#include "services/common/rpc/caller_factory.h"
#include "services/common/status/status_macros.h"

namespace u2fi::dev_ca {
namespace {

using crypto::Certificate;
using crypto::CertificateSpec;
using crypto::P256PrivateKey;
using crypto::P256PublicKey;

constexpr absl::Duration kSkew = absl::Minutes(1);
constexpr size_t kSerialSize = 16;

std::string NewSerial(RandomSource& random) {
  std::string serial = random.Bytes(kSerialSize);
  // Positive, and not zero in front.
  serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40);
  return serial;
}

}  // namespace

absl::StatusOr<Leaf> LeafFor(absl::string_view identity,
                             absl::string_view trust_domain, absl::Time now,
                             absl::Duration life) {
  const std::string uri =
      absl::StrCat("spiffe://", trust_domain, "/", identity);
  const auto caller = rpc::CallerFactory::FromUri(uri, trust_domain);
  if (!rpc::IsTrustDomain(trust_domain) || !caller.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(identity, ": not an identity of ", trust_domain));
  }
  if (caller->role() == rpc::Role::kGateway && life > kMaxGatewayLife) {
    return absl::InvalidArgumentError(
        absl::StrCat(identity, ": gateways live at most 30 days"));
  }
  Leaf leaf;
  leaf.uri = uri;
  leaf.not_before = now - kSkew;
  leaf.not_after = now + life;
  if (caller->role() == rpc::Role::kService) {
    leaf.server = true;
    leaf.dns_names = {caller->name(), "localhost"};
  }
  return leaf;
}

Ca Ca::Create(absl::Time now, absl::Duration life, RandomSource& random) {
  CertificateSpec spec;
  spec.subject = crypto::CommonName(absl::StrCat(
      "U2Fi throw-away CA ", absl::BytesToHexString(random.Bytes(4))));
  spec.serial = NewSerial(random);
  spec.not_before = now - kSkew;
  spec.not_after = now + life;
  spec.is_ca = true;
  spec.path_length = 0;
  const P256PrivateKey key = P256PrivateKey::Generate();
  return Ca(crypto::SelfSigned(spec, key), key, random);
}

absl::StatusOr<Ca> Ca::FromPem(absl::string_view certificate,
                               absl::string_view key, RandomSource& random) {
  ASSIGN_OR_RETURN(const std::vector<std::string> blocks,
                   crypto::FromPem(crypto::kPemCertificate, certificate));
  ASSIGN_OR_RETURN(const Certificate parsed,
                   Certificate::FromDer(blocks.front()));
  ASSIGN_OR_RETURN(const P256PrivateKey parsed_key,
                   P256PrivateKey::FromPem(key));
  if (!parsed.is_ca() || parsed.spki() != parsed_key.public_key().Spki()) {
    return absl::InvalidArgumentError("not a CA's certificate and its key");
  }
  return Ca(parsed, parsed_key, random);
}

Ca::Ca(Certificate certificate, P256PrivateKey key, RandomSource& random)
    : certificate_(std::move(certificate)),
      key_(std::move(key)),
      random_(random) {}

Issued Ca::Issue(const Leaf& leaf) const {
  const P256PrivateKey key = P256PrivateKey::Generate();
  return {CertificateFor(key.public_key(), leaf), key.ToPem()};
}

absl::StatusOr<std::string> Ca::Sign(absl::string_view request,
                                     const Leaf& leaf) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> blocks,
                   crypto::FromPem(crypto::kPemCertificateRequest, request));
  ASSIGN_OR_RETURN(const crypto::CertificateRequest parsed,
                   crypto::ParseCertificateRequest(blocks.front()));
  for (const std::string& uri : parsed.uris) {
    if (uri != leaf.uri) {
      return absl::InvalidArgumentError(
          absl::StrCat("the request is for ", uri));
    }
  }
  return CertificateFor(parsed.key, leaf);
}

std::string Ca::CertificateFor(const P256PublicKey& key,
                               const Leaf& leaf) const {
  CertificateSpec spec;
  // Names are in the URI; the subject is for people.
  spec.subject = crypto::CommonName(leaf.uri.substr(0, 64));
  spec.serial = NewSerial(random_);
  spec.not_before = leaf.not_before;
  spec.not_after = std::min(leaf.not_after, certificate_.not_after());
  spec.uris = {leaf.uri};
  spec.dns_names = leaf.dns_names;
  spec.extended_key_usages = {crypto::kOidClientAuth};
  if (leaf.server) spec.extended_key_usages.push_back(crypto::kOidServerAuth);
  return crypto::ToPem(
      crypto::kPemCertificate,
      crypto::IssueCertificate(spec, key, certificate_, key_).der());
}

std::string Ca::certificate() const {
  return crypto::ToPem(crypto::kPemCertificate, certificate_.der());
}

}  // namespace u2fi::dev_ca
