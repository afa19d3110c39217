#include "services/common/fido/utf8.h"

#include <cstdint>
#include <cstring>

namespace u2fi::fido {
namespace {

// Length of the sequence that starts with `first`; 0 if none does.
size_t SequenceSize(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

// The second byte is bounded more tightly after some first bytes: RFC 3629, 4.
bool IsGoodSecond(uint8_t first, uint8_t second) {
  const uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most;
}

// Most text is ASCII: eight characters at a time.
void SkipAsciiWords(absl::string_view& text) {
  uint64_t word = 0;
  while (text.size() >= sizeof(word)) {
    std::memcpy(&word, text.data(), sizeof(word));
    if ((word & 0x8080808080808080) != 0) return;
    text.remove_prefix(sizeof(word));
  }
}

bool IsTail(absl::string_view bytes) {
  for (char byte : bytes) {
    if ((byte & 0xc0) != 0x80) return false;
  }
  return true;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  while (true) {
    SkipAsciiWords(text);
    if (text.empty()) return true;
    const auto first = static_cast<uint8_t>(text[0]);
    const size_t size = SequenceSize(first);
    if (size == 0 || size > text.size() || !IsTail(text.substr(1, size - 1)) ||
        (size > 1 && !IsGoodSecond(first, static_cast<uint8_t>(text[1])))) {
      return false;
    }
    text.remove_prefix(size);
  }
}

}  // namespace u2fi::fido
