#ifndef U2FI_SERVICES_COMMON_PROOF_VISIBLE_TEXT_H_
#define U2FI_SERVICES_COMMON_PROOF_VISIBLE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace u2fi::proof {

// `text` as people may see it: UTF-8 in which every character that shows
// nothing or moves others is '?', and so is every byte that is no UTF-8.
// Control characters (C0, C1) rewrite screens; those that turn the direction,
// join or have no width make a text look like another one.
std::string VisibleText(absl::string_view text);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_VISIBLE_TEXT_H_
