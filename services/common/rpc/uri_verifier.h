#ifndef U2FI_SERVICES_COMMON_RPC_URI_VERIFIER_H_
#define U2FI_SERVICES_COMMON_RPC_URI_VERIFIER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "grpcpp/security/tls_certificate_verifier.h"

namespace u2fi::rpc {

// True if a certificate with these URIs is that of `expected` and nobody else.
bool IsCertificateOf(const std::vector<absl::string_view>& uris,
                     absl::string_view expected);

// For clients: after TLS verified the server's chain, accepts the connection
// only if the certificate's only URI is `uri`. A certificate of anybody else
// from the same CA is refused, whatever host names it has.
std::shared_ptr<grpc::experimental::CertificateVerifier> MakeUriVerifier(
    const std::string& uri);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_URI_VERIFIER_H_
