#ifndef U2FI_TOOLS_FIDO_CHECK_CASE_CHECKER_H_
#define U2FI_TOOLS_FIDO_CHECK_CASE_CHECKER_H_

#include <string>

#include "absl/time/time.h"
#include "nlohmann/json.hpp"

namespace u2fi::fido_check {

// What the verifiers of services/common/fido say about one recorded ceremony.
struct CaseVerdict {
  bool is_accepted = false;
  // Reason of the first step that refused; empty if accepted.
  std::string reason;
  // That step, and the message: for people.
  std::string step;
  std::string message;
};

// Checks a case of the kinds u2f_register, u2f_authenticate, webauthn_register
// and webauthn_assert with the library that the service uses. The fields are
// in README.md; `expect`, `expect_error` and `notes` are not read. A field that
// a case does not have means the default; one that cannot be decoded, and an
// unknown kind, give RESPONSE_FORMAT. Certificates are judged at `now`.
//
// Differences from the service's defaults, because a case is one ceremony out
// of its surroundings: the challenge counts as fresh, the account as empty,
// backup-eligible credentials are let in, and leafs of U2F and Apple may have
// expired.
CaseVerdict CheckCase(const nlohmann::json& one_case, absl::Time now);

}  // namespace u2fi::fido_check

#endif  // U2FI_TOOLS_FIDO_CHECK_CASE_CHECKER_H_
