#include "services/common/rpc/tls_identity.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/crypto/certificate.h"
#include "services/common/crypto/key_pair.h"
#include "services/common/crypto/pem.h"
#include "services/common/file/file.h"
#include "services/common/rpc/caller_factory.h"
#include "services/common/rpc/uri_verifier.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {
namespace {

using crypto::Certificate;
using grpc::experimental::FileWatcherCertificateProvider;
using grpc::experimental::TlsChannelCredentialsOptions;
using grpc::experimental::TlsServerCredentialsOptions;

absl::Status BadFile(const std::string& path, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", problem));
}

absl::StatusOr<std::string> Read(const std::string& path) {
  constexpr size_t kMaxFile = size_t{1} << 20;
  auto text = ReadFile(path, kMaxFile);
  return text.ok() ? text : BadFile(path, "cannot be read");
}

// The certificates in a PEM file, at least one.
absl::StatusOr<std::vector<Certificate>> ReadCertificates(
    const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, Read(path));
  const auto blocks = crypto::FromPem(crypto::kPemCertificate, text);
  if (!blocks.ok()) return BadFile(path, blocks.status().message());
  std::vector<Certificate> certificates;
  for (const std::string& der : *blocks) {
    const auto certificate = Certificate::FromDer(der);
    if (!certificate.ok()) return BadFile(path, "has a malformed certificate");
    certificates.push_back(*certificate);
  }
  return certificates;
}

absl::Status CheckKeyFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, Read(path));
  if (!absl::StrContains(text, "PRIVATE KEY-----")) {
    return BadFile(path, "has no private key");
  }
  struct stat info = {};
  if (stat(path.c_str(), &info) != 0 || (info.st_mode & S_IRWXO) != 0) {
    return BadFile(path, "is open to everybody: chmod o-rwx");
  }
  return absl::OkStatus();
}

// The own certificate, whose key is in the key file.
absl::StatusOr<Certificate> ReadPair(const TlsFiles& files) {
  ASSIGN_OR_RETURN(const std::vector<Certificate> chain,
                   ReadCertificates(files.certificate));
  ASSIGN_OR_RETURN(const std::string key, Read(files.key));
  const absl::Status pair = crypto::CheckPrivateKeyOf(chain.front(), key);
  if (!pair.ok()) return BadFile(files.key, pair.message());
  return chain.front();
}

std::string Utc(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

absl::Status CheckUri(const TlsFiles& files, const Certificate& own) {
  if (own.uris().size() != 1) {
    return BadFile(files.certificate,
                   absl::StrCat("has ", own.uris().size(), " URIs, not one"));
  }
  if (!CallerFactory::FromUri(own.uris()[0], files.trust_domain).ok()) {
    return BadFile(files.certificate,
                   absl::StrCat("is for ", own.uris()[0],
                                ", which is nobody of the trust domain ",
                                files.trust_domain));
  }
  return absl::OkStatus();
}

absl::Status CheckDates(const TlsFiles& files, const Certificate& own,
                        absl::Time now) {
  if (now > own.not_after()) {
    return BadFile(files.certificate,
                   absl::StrCat("has been over since ", Utc(own.not_after()),
                                ": get a new one"));
  }
  if (now < own.not_before()) {
    return BadFile(files.certificate,
                   absl::StrCat("is good from ", Utc(own.not_before()),
                                " on, and the clock here says ", Utc(now)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<TlsIdentity>> TlsIdentity::Load(
    const TlsFiles& files, absl::Time now) {
  if (!IsTrustDomain(files.trust_domain)) {
    return absl::InvalidArgumentError("the trust domain is malformed");
  }
  RETURN_IF_ERROR(ReadCertificates(files.roots).status());
  RETURN_IF_ERROR(CheckKeyFile(files.key));
  ASSIGN_OR_RETURN(const Certificate own, ReadPair(files));
  RETURN_IF_ERROR(CheckUri(files, own));
  RETURN_IF_ERROR(CheckDates(files, own, now));
  return std::unique_ptr<TlsIdentity>(new TlsIdentity(files, own.uris()[0]));
}

TlsIdentity::TlsIdentity(TlsFiles files, std::string uri)
    : files_(std::move(files)),
      uri_(std::move(uri)),
      provider_(std::make_shared<FileWatcherCertificateProvider>(
          files_.key, files_.certificate, files_.roots,
          static_cast<unsigned int>(std::max<int64_t>(
              1, absl::ToInt64Seconds(files_.reload_interval))))) {}

absl::StatusOr<TlsIdentity::Life> TlsIdentity::CertificateLife() const {
  ASSIGN_OR_RETURN(const Certificate own, ReadPair(files_));
  return Life{own.not_before(), own.not_after()};
}

absl::StatusOr<absl::Time> TlsIdentity::NotAfter() const {
  ASSIGN_OR_RETURN(const Life life, CertificateLife());
  return life.not_after;
}

std::shared_ptr<grpc::ServerCredentials> TlsIdentity::ForServer() const {
  TlsServerCredentialsOptions options(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

std::shared_ptr<grpc::ChannelCredentials> TlsIdentity::ForClientOf(
    const std::string& name) const {
  TlsChannelCredentialsOptions options;
  options.set_certificate_provider(provider_);
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_verify_server_certs(true);
  options.set_check_call_host(false);
  options.set_certificate_verifier(
      MakeUriVerifier(ServiceUri(files_.trust_domain, name)));
  return grpc::experimental::TlsCredentials(options);
}

}  // namespace u2fi::rpc
