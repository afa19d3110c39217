#ifndef U2FI_SERVICES_COMMON_RPC_TEXT_H_
#define U2FI_SERVICES_COMMON_RPC_TEXT_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace u2fi::rpc {

// A name, label or reason that people read elsewhere: UTF-8 of at most `max`
// characters, which all can be seen. Control characters, characters without
// width, and those that turn the direction of a line make one name look like
// another; they are refused where the text is set. INVALID_FIELD naming `path`,
// without the text.
absl::Status CheckText(absl::string_view path, absl::string_view text,
                       size_t max);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_TEXT_H_
