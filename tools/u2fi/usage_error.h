#ifndef U2FI_TOOLS_U2FI_USAGE_ERROR_H_
#define U2FI_TOOLS_U2FI_USAGE_ERROR_H_

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/string_view.h"
#include "services/common/status/error.h"

namespace u2fi::cli {

inline constexpr char kUsagePayload[] = "u2fi.cli/usage";

// INVALID_FIELD for what somebody typed: `flag` is a flag or positional. The
// program ends with kExitUsage, as for a flag that does not exist.
inline absl::Status UsageError(absl::string_view flag,
                               absl::string_view problem) {
  absl::Status error = FieldError(flag, problem);
  error.SetPayload(kUsagePayload, absl::Cord());
  return error;
}

inline bool IsUsageError(const absl::Status& status) {
  return status.GetPayload(kUsagePayload).has_value();
}

// Of --account, which commands need that act for one.
inline absl::Status NoAccount() {
  return UsageError("--account", "is missing; U2FI_ACCOUNT gives it as well");
}

// NoAccount() for what a service says to a request without an account that it
// wants; other errors as they are. Operators may leave it out here and there.
inline absl::Status OfNoAccount(absl::string_view account,
                                const absl::Status& status) {
  return account.empty() && IsReason(status, reason::kInvalidField)
             ? NoAccount()
             : status;
}

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_USAGE_ERROR_H_
