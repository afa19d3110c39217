#ifndef U2FI_TOOLS_U2FI_OWN_KEY_H_
#define U2FI_TOOLS_U2FI_OWN_KEY_H_

#include <string>

#include "absl/status/status.h"
#include "tools/u2fi/mesh.h"

namespace u2fi::cli {

// Checks that the account has the key `token` (an id). The gate does not know,
// and a person would be asked for a touch in vain. RESOURCE_UNKNOWN, or what
// the attestation service says; OK if it is not among the services that we
// were told of.
absl::Status CheckOwnKey(const std::string& account, const std::string& token,
                         Mesh& mesh);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_OWN_KEY_H_
