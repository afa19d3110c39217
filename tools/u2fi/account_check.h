#ifndef U2FI_TOOLS_U2FI_ACCOUNT_CHECK_H_
#define U2FI_TOOLS_U2FI_ACCOUNT_CHECK_H_

#include <string>

#include "absl/status/status.h"
#include "tools/u2fi/mesh.h"

namespace u2fi::cli {

// A list of what an account has is empty for a mistyped account, too: asks the
// registry for it. RESOURCE_UNKNOWN: there is no such account. Good without an
// account (all of them), and where the registry is a process of which nobody
// told; errors of the mesh otherwise.
absl::Status CheckAccountIsThere(Mesh& mesh, const std::string& account);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_ACCOUNT_CHECK_H_
