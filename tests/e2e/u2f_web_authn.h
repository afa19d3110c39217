#ifndef U2FI_TESTS_E2E_U2F_WEB_AUTHN_H_
#define U2FI_TESTS_E2E_U2F_WEB_AUTHN_H_

#include <string>
#include <vector>

#include "services/gateway-agent/socket_tokens.h"
#include "tests/e2e/one_site.h"
#include "tests/e2e/web_authn.h"

namespace u2fi::e2e {

// Does what browsers do for a key that speaks U2F: the format fido-u2f, and
// the relying-party id as application. For keys that a browser cannot reach
// here: soft tokens, and so also one that is carried to a gateway.
class U2fWebAuthn : public WebAuthn {
 public:
  // The keys are behind the sockets `key_paths`; the last one is the one that
  // registers. `site` must outlive this object.
  U2fWebAuthn(OneSite& site, std::vector<std::string> key_paths);

  absl::StatusOr<common::v1::RegistrationAnswer> Create(
      const crypto::Digest& challenge,
      const std::vector<common::v1::Candidate>& exclude) override;
  // RESOURCE_UNKNOWN if none of the keys made a candidate.
  absl::StatusOr<proof::v1::Answer> Get(
      const crypto::Digest& challenge,
      const std::vector<common::v1::Candidate>& candidates) override;

 private:
  absl::StatusOr<proof::v1::Answer> TouchOf(
      gateway_agent::Token& key, const crypto::Digest& challenge,
      const common::v1::Candidate& candidate);

  OneSite& site_;
  gateway_agent::SocketTokens keys_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_U2F_WEB_AUTHN_H_
