#ifndef U2FI_TESTS_E2E_WEB_AUTHN_H_
#define U2FI_TESTS_E2E_WEB_AUTHN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/common/crypto/hash.h"
#include "u2fi/common/v1/token.pb.h"
#include "u2fi/proof/v1/proof.pb.h"

namespace u2fi::e2e {

// What a page asks of a browser (WebAuthn, section 5.1), and the answers as
// the portal sends them on. The relying party is OneSite::kRpId.
class WebAuthn {
 public:
  virtual ~WebAuthn() = default;

  // navigator.credentials.create(): a new credential, by a key that has none
  // of `exclude`.
  virtual absl::StatusOr<common::v1::RegistrationAnswer> Create(
      const crypto::Digest& challenge,
      const std::vector<common::v1::Candidate>& exclude) = 0;

  // navigator.credentials.get(): an assertion by one of `candidates`.
  virtual absl::StatusOr<proof::v1::Answer> Get(
      const crypto::Digest& challenge,
      const std::vector<common::v1::Candidate>& candidates) = 0;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_WEB_AUTHN_H_
