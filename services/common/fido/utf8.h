#ifndef U2FI_SERVICES_COMMON_FIDO_UTF8_H_
#define U2FI_SERVICES_COMMON_FIDO_UTF8_H_

#include "absl/strings/string_view.h"

namespace u2fi::fido {

// Whether `text` is well-formed UTF-8 (RFC 3629): shortest forms only, no
// surrogates, nothing beyond U+10FFFF.
bool IsUtf8(absl::string_view text);

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_UTF8_H_
