#include "services/common/fido/strict_json.h"

#include <endian.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "services/common/fido/utf8.h"

namespace u2fi::fido {
namespace {

bool IsHighSurrogate(uint32_t unit) { return unit >> 10 == 0xd800 >> 10; }
bool IsLowSurrogate(uint32_t unit) { return unit >> 10 == 0xdc00 >> 10; }

void AppendUtf8(uint32_t point, std::string& out) {
  const auto put = [&out](uint32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
  }
  if (point >= 0x800) put(0x80 | (point >> 6 & 0x3f));
  if (point >= 0x80) put(0x80 | (point & 0x3f));
}

// What stands for itself or for a control character after a backslash; 0 if
// nothing does.
char Unescape(char letter) {
  constexpr absl::string_view kLetters = "\"\\/bfnrt";
  constexpr absl::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const size_t at = kLetters.find(letter);
  return at == absl::string_view::npos ? '\0' : kMeanings[at];
}

constexpr uint64_t kHighBits = 0x8080808080808080;

// Eight characters, the first one in the lowest bits.
uint64_t LoadWord(const char* text) {
  uint64_t word = 0;
  std::memcpy(&word, text, sizeof(word));
  return le64toh(word);
}

// The high bit of the first of these eight characters that is a quote, a
// backslash or a control character, and perhaps of later ones; 0 if none is.
// Where one is, its byte becomes 0, or falls below 0.
uint64_t FindEnd(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t quote = word ^ kOnes * '"';
  const uint64_t backslash = word ^ kOnes * '\\';
  const uint64_t found = ((word - kOnes * 0x20) & ~word) |
                         ((quote - kOnes) & ~quote) |
                         ((backslash - kOnes) & ~backslash);
  return found & kHighBits;
}

}  // namespace

// A recursive descent over the grammar of RFC 8259, as deep as the limit.
class StrictJsonReader {
 public:
  StrictJsonReader(absl::string_view text, const JsonLimits& limits,
                   StrictJsonHandler& handler)
      : rest_(text), limits_(limits), handler_(handler) {}

  bool ReadDocument() {
    SkipSpace();
    if (rest_.empty() || rest_[0] != '{' || !ReadValue()) return false;
    return rest_.empty();
  }

 private:
  void SkipSpace() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' ||
                              rest_[0] == '\r' || rest_[0] == '\n')) {
      rest_.remove_prefix(1);
    }
  }

  bool Take(char expected) {
    if (rest_.empty() || rest_[0] != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool TakeWord(absl::string_view word) {
    if (!absl::StartsWith(rest_, word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  // One value and the space after it.
  bool ReadValue() {
    const bool is_read = ReadBareValue();
    SkipSpace();
    return is_read;
  }

  bool ReadBareValue() {
    if (rest_.empty()) return false;
    switch (rest_[0]) {
      case '{':
        return ReadObject();
      case '[':
        return ReadArray();
      case '"':
        return ReadString() && handler_.OnString(scratch_);
      case 't':
        return TakeWord("true") && handler_.OnBoolean(true);
      case 'f':
        return TakeWord("false") && handler_.OnBoolean(false);
      case 'n':
        return TakeWord("null") && handler_.OnOther();
      default:
        return ReadNumber() && handler_.OnOther();
    }
  }

  bool Enter(bool is_object) {
    if (handler_.levels_.size() == limits_.depth ||
        !(is_object ? handler_.OnObject() : handler_.OnOther())) {
      return false;
    }
    rest_.remove_prefix(1);
    SkipSpace();
    handler_.levels_.emplace_back().is_object = is_object;
    return true;
  }

  bool Leave() {
    handler_.levels_.pop_back();
    return true;
  }

  bool ReadObject() {
    if (!Enter(true)) return false;
    if (Take('}')) return Leave();
    do {
      SkipSpace();
      if (!ReadKey() || !ReadValue()) return false;
    } while (Take(','));
    return Take('}') && Leave();
  }

  bool ReadArray() {
    if (!Enter(false)) return false;
    if (Take(']')) return Leave();
    do {
      SkipSpace();
      if (!ReadValue()) return false;
    } while (Take(','));
    return Take(']') && Leave();
  }

  bool ReadKey() {
    if (!ReadString()) return false;
    StrictJsonHandler::Keys& keys = handler_.levels_.back().keys;
    if (keys.size() == limits_.members ||
        std::find(keys.begin(), keys.end(), scratch_) != keys.end()) {
      return false;
    }
    keys.push_back(std::move(scratch_));
    SkipSpace();
    if (!Take(':')) return false;
    SkipSpace();
    return true;
  }

  // A string, with its quotes, into scratch_.
  bool ReadString() {
    scratch_.clear();
    seen_ = 0;
    if (!Take('"')) return false;
    while (!rest_.empty() && rest_[0] != '"') {
      const size_t plain = PlainSize();
      scratch_.append(rest_.data(), plain);
      rest_.remove_prefix(plain);
      if (Take('\\') ? !ReadEscape() : plain == 0) return false;
    }
    const bool is_ascii = (seen_ & kHighBits) == 0;
    return Take('"') && (is_ascii || IsUtf8(scratch_));
  }

  // Characters up to a quote, a backslash or a control character.
  size_t PlainSize() {
    size_t size = 0;
    for (; size + sizeof(uint64_t) <= rest_.size(); size += sizeof(uint64_t)) {
      const uint64_t word = LoadWord(rest_.data() + size);
      seen_ |= word;
      const uint64_t end = FindEnd(word);
      if (end != 0) return size + __builtin_ctzll(end) / 8;
    }
    for (; size < rest_.size(); ++size) {
      const auto letter = static_cast<uint8_t>(rest_[size]);
      if (letter == '"' || letter == '\\' || letter < 0x20) break;
      seen_ |= letter;
    }
    return size;
  }

  // What follows a backslash.
  bool ReadEscape() {
    if (rest_.empty()) return false;
    if (Take('u')) return ReadUnicodeEscape();
    const char meaning = Unescape(rest_[0]);
    if (meaning == '\0') return false;
    scratch_.push_back(meaning);
    rest_.remove_prefix(1);
    return true;
  }

  bool ReadUnicodeEscape() {
    uint32_t point = 0;
    if (!ReadHex(point) || IsLowSurrogate(point)) return false;
    if (IsHighSurrogate(point)) {
      uint32_t low = 0;
      if (!TakeWord("\\u") || !ReadHex(low) || !IsLowSurrogate(low)) {
        return false;
      }
      point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
    }
    AppendUtf8(point, scratch_);
    seen_ |= kHighBits;
    return true;
  }

  bool ReadHex(uint32_t& value) {
    if (rest_.size() < 4) return false;
    for (char c : rest_.substr(0, 4)) {
      if (!absl::ascii_isxdigit(c)) return false;
      const int digit =
          absl::ascii_isdigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
      value = value << 4 | static_cast<uint32_t>(digit);
    }
    rest_.remove_prefix(4);
    return true;
  }

  bool ReadDigits() {
    const size_t before = rest_.size();
    while (!rest_.empty() && absl::ascii_isdigit(rest_[0])) {
      rest_.remove_prefix(1);
    }
    return rest_.size() < before;
  }

  bool ReadNumber() {
    (void)Take('-');
    if (!Take('0') && !ReadDigits()) return false;
    if (Take('.') && !ReadDigits()) return false;
    if (!Take('e') && !Take('E')) return true;
    if (!Take('+')) (void)Take('-');
    return ReadDigits();
  }

  absl::string_view rest_;
  const JsonLimits& limits_;
  StrictJsonHandler& handler_;
  std::string scratch_;
  // All that was looked at of the string at hand, or more: eight characters at
  // a time, for their high bits.
  uint64_t seen_ = 0;
};

absl::string_view StrictJsonHandler::Key(size_t depth) const {
  if (depth == 0 || depth > levels_.size()) return "";
  const Level& level = levels_[depth - 1];
  if (!level.is_object || level.keys.empty()) return "";
  return level.keys.back();
}

bool ReadStrictJson(absl::string_view text, const JsonLimits& limits,
                    StrictJsonHandler& handler) {
  return text.size() <= limits.size &&
         StrictJsonReader(text, limits, handler).ReadDocument();
}

}  // namespace u2fi::fido
