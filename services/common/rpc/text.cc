#include "services/common/rpc/text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "services/common/fido/utf8.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {
namespace {

// A byte of UTF-8 that continues a character.
bool Continues(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

bool IsControl(char c) {
  const auto byte = static_cast<uint8_t>(c);
  return byte < 0x20 || byte == 0x7f;
}

}  // namespace

absl::Status CheckText(absl::string_view path, absl::string_view text,
                       size_t max) {
  const auto continued = std::count_if(text.begin(), text.end(), Continues);
  if (text.size() > 4 * max ||
      text.size() - static_cast<size_t>(continued) > max) {
    return FieldError(path, absl::StrCat("has more than ", max, " characters"));
  }
  if (!fido::IsUtf8(text)) return FieldError(path, "is not UTF-8");
  if (std::any_of(text.begin(), text.end(), IsControl)) {
    return FieldError(path, "has a control character");
  }
  if (proof::VisibleText(text) != text) {
    return FieldError(path,
                      "has a character that cannot be seen, or that turns the "
                      "direction");
  }
  return absl::OkStatus();
}

}  // namespace u2fi::rpc
