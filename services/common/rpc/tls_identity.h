#ifndef U2FI_SERVICES_COMMON_RPC_TLS_IDENTITY_H_
#define U2FI_SERVICES_COMMON_RPC_TLS_IDENTITY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"

namespace u2fi::rpc {

// Where a process has its certificate.
struct TlsFiles {
  // PEM: the own certificate, then intermediates.
  std::string certificate;
  // PEM: its private key.
  std::string key;
  // PEM: certificates of the CAs that others must come from.
  std::string roots;
  std::string trust_domain;
  // How often the files are looked at. At least a second.
  absl::Duration reload_interval = absl::Seconds(10);
};

// Who this process is to others, and whom it believes. The files are read
// again when they change; connections made from then on use what they say,
// existing ones stay. A file that cannot be read leaves the last good state in
// use. Replace certificate and key together by the rename of a folder or link,
// as Kubernetes and tools/dev-ca do. Thread-safe.
class TlsIdentity {
 public:
  // Reads the files. INVALID_ARGUMENT naming the file if one is missing or not
  // what it should be, if the key is readable by everybody or not that of the
  // certificate, if the certificate is not for exactly one URI in the trust
  // domain, or is over or not yet good.
  static absl::StatusOr<std::unique_ptr<TlsIdentity>> Load(
      const TlsFiles& files, absl::Time now);

  // The URI in the own certificate when it was loaded.
  const std::string& uri() const { return uri_; }
  const std::string& trust_domain() const { return files_.trust_domain; }

  // From when until when a certificate is good.
  struct Life {
    absl::Time not_before;
    absl::Time not_after;
  };
  // That of the certificate that is on disk now. INVALID_ARGUMENT as Load()
  // says if it cannot be read, or if the key on disk is not its own: then
  // nobody can connect.
  absl::StatusOr<Life> CertificateLife() const;
  // Its end.
  absl::StatusOr<absl::Time> NotAfter() const;

  // For servers: a client certificate is required and verified.
  std::shared_ptr<grpc::ServerCredentials> ForServer() const;

  // For clients: the server must show a verified certificate whose only URI is
  // that of the service `name`. Host names are not looked at.
  std::shared_ptr<grpc::ChannelCredentials> ForClientOf(
      const std::string& name) const;

 private:
  TlsIdentity(TlsFiles files, std::string uri);

  const TlsFiles files_;
  const std::string uri_;
  const std::shared_ptr<grpc::experimental::CertificateProviderInterface>
      provider_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_TLS_IDENTITY_H_
