#ifndef U2FI_TOOLS_FIDO_CHECK_CASE_FILE_H_
#define U2FI_TOOLS_FIDO_CHECK_CASE_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace u2fi::fido_check {

// The list `cases` of a file, which has at most 64 MiB and 64 levels of
// nesting. FILE_NOT_FOUND, FILE_UNAVAILABLE, or INVALID_FIELD if it is no file
// of cases.
absl::StatusOr<nlohmann::json> ReadCases(const std::string& path);

}  // namespace u2fi::fido_check

#endif  // U2FI_TOOLS_FIDO_CHECK_CASE_FILE_H_
