#include "services/common/crypto/tls_client.h"

#include "absl/strings/str_cat.h"
#include "openssl/ssl.h"
#include "services/common/status/status_macros.h"

namespace u2fi::crypto {
namespace {

absl::Status BadFile(absl::string_view what, const std::string& file) {
  return absl::InvalidArgumentError(
      absl::StrCat("TLS: cannot use ", what, " '", file, "'"));
}

absl::Status UseFiles(SSL_CTX* context, const TlsClientFiles& files) {
  if (SSL_CTX_load_verify_locations(context, files.ca_file.c_str(), nullptr) !=
      1) {
    return BadFile("CA", files.ca_file);
  }
  if (files.cert_file.empty() && files.key_file.empty()) {
    return absl::OkStatus();
  }
  if (SSL_CTX_use_certificate_chain_file(context, files.cert_file.c_str()) !=
      1) {
    return BadFile("certificate", files.cert_file);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(),
                                  SSL_FILETYPE_PEM) != 1) {
    return BadFile("key", files.key_file);
  }
  return absl::OkStatus();
}

}  // namespace

void TlsSessionFreer::operator()(ssl_st* session) const { SSL_free(session); }

void TlsClient::Freer::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

absl::StatusOr<std::unique_ptr<TlsClient>> TlsClient::Make(
    const TlsClientFiles& files) {
  std::unique_ptr<TlsClient> client(
      new TlsClient(SSL_CTX_new(TLS_client_method())));
  SSL_CTX* context = client->context_.get();
  if (context == nullptr) return absl::InternalError("TLS: no memory");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  RETURN_IF_ERROR(UseFiles(context, files));
  return client;
}

absl::StatusOr<TlsSession> TlsClient::NewSession(
    const std::string& host) const {
  TlsSession session(SSL_new(context_.get()));
  if (session == nullptr) return absl::InternalError("TLS: no memory");
  X509_VERIFY_PARAM* verify = SSL_get0_param(session.get());
  // An IP address is compared as one; everything else is a DNS name.
  if (X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str()) == 1) return session;
  if (host.empty() ||
      X509_VERIFY_PARAM_set1_host(verify, host.data(), host.size()) != 1 ||
      SSL_set_tlsext_host_name(session.get(), host.c_str()) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("TLS: not a host name: '", host, "'"));
  }
  return session;
}

}  // namespace u2fi::crypto
