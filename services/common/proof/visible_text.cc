#include "services/common/proof/visible_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace u2fi::proof {
namespace {

struct Range {
  uint32_t first;
  uint32_t last;
};
// Unicode 15: Cc, and of Cf, Zl and Zp what text for people has no use for.
constexpr Range kUnseen[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
    {0x115f, 0x1160}, {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f}, {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0}, {0xfff0, 0xfffb}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff},
};

bool IsUnseen(uint32_t code) {
  return std::any_of(std::begin(kUnseen), std::end(kUnseen),
                     [code](const Range& range) {
                       return code >= range.first && code <= range.last;
                     });
}

// Length of the character that begins with `lead`; 0: none does.
size_t LengthOf(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

// The character at the front of `text`, which is not empty, and its length; 0
// if it is no UTF-8 (RFC 3629).
size_t ReadCharacter(absl::string_view text, uint32_t& code) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<uint8_t>(text[0]);
  const size_t length = LengthOf(lead);
  if (length == 0 || length > text.size()) return 0;
  code = length == 1 ? lead : lead & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte & 0x3f);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < kLeast[length] || code > 0x10ffff || surrogate ? 0 : length;
}

}  // namespace

std::string VisibleText(absl::string_view text) {
  std::string visible;
  while (!text.empty()) {
    uint32_t code = 0;
    const size_t length = ReadCharacter(text, code);
    if (length == 0 || IsUnseen(code)) {
      visible.push_back('?');
    } else {
      visible.append(text.data(), length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return visible;
}

}  // namespace u2fi::proof
