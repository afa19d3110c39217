#ifndef U2FI_TESTS_LOAD_VERIFY_SERVER_H_
#define U2FI_TESTS_LOAD_VERIFY_SERVER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "tools/dev-ca/test_ca.h"

namespace u2fi::load {

// The attestation service over mutual TLS in a process of its own, with the
// real challenge core, the real audit, and a store in memory. One account has
// eight tokens of each kind, and there is a challenge for each of the answers
// that are handed out.
class VerifyServer {
 public:
  // Forks: nothing may have started a thread. Ends the program if it cannot.
  VerifyServer(const dev_ca::TestCa& ca, int answers);
  ~VerifyServer();
  VerifyServer(const VerifyServer&) = delete;
  VerifyServer& operator=(const VerifyServer&) = delete;

  int port() const { return port_; }
  // Of a second server in that process, which answers VerifyAssertion with
  // nothing and at once.
  int bare_port() const { return bare_port_; }
  // Answer i is that of token i modulo kTokens; those of one token are good
  // once, in this order. Serialised VerifyAssertionRequests: U2F at a gateway
  // (with the gateway's own signature), and WebAuthn in the portal.
  static constexpr int kTokens = 8;
  const std::vector<std::string>& u2f() const { return u2f_; }
  const std::vector<std::string>& webauthn() const { return webauthn_; }

  // Processor time that the process has used, in seconds.
  double CpuSeconds() const;

 private:
  pid_t pid_ = -1;
  int port_ = 0;
  int bare_port_ = 0;
  int stop_ = -1;
  std::vector<std::string> u2f_, webauthn_;
};

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_VERIFY_SERVER_H_
