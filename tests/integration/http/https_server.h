#ifndef U2FI_TESTS_INTEGRATION_HTTP_HTTPS_SERVER_H_
#define U2FI_TESTS_INTEGRATION_HTTP_HTTPS_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "services/common/rpc/tls_identity.h"
#include "tests/contract/store/child_process.h"

namespace u2fi::http {

// A real https server (Python's) as a process of its own on loopback, which
// keeps what is posted. It dies with the test at the latest.
class HttpsServer {
 public:
  // With this certificate, good for "localhost". With an HMAC key each request
  // also says whether its signature holds, by the code in README.md of
  // command-gate.
  explicit HttpsServer(const rpc::TlsFiles& files,
                       const std::string& hmac_key = "");
  ~HttpsServer();

  // "https://localhost:<port><path>".
  std::string Url(const std::string& path) const;
  // What it answers from now on: "503", "big", "slow", "moved <url>".
  void Answer(const std::string& answer) const;
  // Requests so far.
  std::vector<nlohmann::json> Requests() const;
  // Waits until there are `count`, at most 20 s.
  std::vector<nlohmann::json> WaitFor(size_t count) const;

 private:
  const std::string folder_;
  std::unique_ptr<store::ChildProcess> process_;
  std::string port_;
};

}  // namespace u2fi::http

#endif  // U2FI_TESTS_INTEGRATION_HTTP_HTTPS_SERVER_H_
