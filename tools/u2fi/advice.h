#ifndef U2FI_TOOLS_U2FI_ADVICE_H_
#define U2FI_TOOLS_U2FI_ADVICE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace u2fi::cli {

// What to do about a reason: the last column of the tables in protos/README.md,
// from which it is made at build time. Empty for an unknown reason.
absl::string_view AdviceFor(absl::string_view reason);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_ADVICE_H_
