#ifndef U2FI_TOOLS_U2FI_ERROR_TEXT_H_
#define U2FI_TOOLS_U2FI_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace u2fi::cli {

// An error for people, in one line: reason, message, which fields are wrong,
// and what to do.
//   u2fi: GATEWAY_OFFLINE: the gateway has no stream (gateway g1). Retry …
std::string ErrorText(const absl::Status& status);

// The same for programs, in one line of JSON:
//   {"error":{"code":"UNAVAILABLE","reason":"GATEWAY_OFFLINE","message":…,
//    "metadata":{…},"fields":{…}}}
std::string ErrorJson(const absl::Status& status);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_ERROR_TEXT_H_
