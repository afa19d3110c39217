#ifndef U2FI_TOOLS_U2FI_CONNECTION_ADVICE_H_
#define U2FI_TOOLS_U2FI_CONNECTION_ADVICE_H_

#include "absl/strings/string_view.h"

namespace u2fi::cli {

// What to do about a service that cannot be reached, from gRPC's words for why.
// Empty if they are none that we know.
absl::string_view ConnectionAdvice(absl::string_view message);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_CONNECTION_ADVICE_H_
