#ifndef U2FI_TESTS_CONTRACT_STORE_REDIS_TLS_SERVER_H_
#define U2FI_TESTS_CONTRACT_STORE_REDIS_TLS_SERVER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/contract/store/child_process.h"
#include "tests/contract/store/redis_server.h"
#include "tests/ports/free_port.h"

namespace u2fi::store {

// A server that also speaks TLS, and asks for a certificate of the client's:
// one certificate that is its own CA, for 127.0.0.1 only, does for both.
class RedisTlsServer {
 public:
  // `settings` as for RedisServer.
  explicit RedisTlsServer(ServerKind kind,
                          std::vector<std::string> settings = {})
      : server_(kind, With(std::move(settings))) {}

  void Start() {
    MakeCertificate();
    server_.Start();
  }

  // Another certificate, of another CA, in the same files.
  void Renew() {
    server_.Kill();
    Start();
  }

  RedisServer& server() { return server_; }
  int tls_port() const { return tls_port_; }
  std::string cert() const { return files_.Join("cert.pem"); }
  std::string key() const { return files_.Join("key.pem"); }

 private:
  void MakeCertificate() {
    ChildProcess openssl(
        {"/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", key(), "-out", cert(),
         "-days", "1", "-subj", "/CN=redis", "-addext",
         "subjectAltName=IP:127.0.0.1"},
        files_.Join("log"));
    ASSERT_EQ(openssl.Wait(), 0);
  }
  std::vector<std::string> With(std::vector<std::string> settings) const {
    for (const std::string& word :
         {std::string("--tls-port"), absl::StrCat(tls_port_),
          std::string("--tls-cert-file"), cert(), std::string("--tls-key-file"),
          key(), std::string("--tls-ca-cert-file"), cert()}) {
      settings.push_back(word);
    }
    return settings;
  }

  const TempDir files_;
  const int tls_port_ = FreePort();
  RedisServer server_;
};

}  // namespace u2fi::store

#endif  // U2FI_TESTS_CONTRACT_STORE_REDIS_TLS_SERVER_H_
