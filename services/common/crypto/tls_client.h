#ifndef U2FI_SERVICES_COMMON_CRYPTO_TLS_CLIENT_H_
#define U2FI_SERVICES_COMMON_CRYPTO_TLS_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

struct ssl_ctx_st;
struct ssl_st;

namespace u2fi::crypto {

// Files in PEM. `cert_file` and `key_file` are both given or both empty.
struct TlsClientFiles {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
};

struct TlsSessionFreer {
  void operator()(ssl_st* session) const;
};

// The state of one TLS connection that has not begun yet, for a library that
// takes one (hiredis).
using TlsSession = std::unique_ptr<ssl_st, TlsSessionFreer>;

// The client's side of TLS (1.2 or newer) to a server whose certificate comes
// from the CA of the files and names the host. gRPC has its own TLS; this is
// for other connections. Thread-safe.
class TlsClient {
 public:
  // INVALID_ARGUMENT naming the file that cannot be used.
  static absl::StatusOr<std::unique_ptr<TlsClient>> Make(
      const TlsClientFiles& files);

  // For a server that must prove to be `host`, a DNS name or an IP address.
  absl::StatusOr<TlsSession> NewSession(const std::string& host) const;

 private:
  struct Freer {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsClient(ssl_ctx_st* context) : context_(context) {}

  const std::unique_ptr<ssl_ctx_st, Freer> context_;
};

}  // namespace u2fi::crypto

#endif  // U2FI_SERVICES_COMMON_CRYPTO_TLS_CLIENT_H_
