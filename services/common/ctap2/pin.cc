#include "services/common/ctap2/pin.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "services/common/fido/utf8.h"
#include "services/common/status/error.h"

namespace u2fi::ctap2 {
namespace {

bool IsPin(const std::string& text) {
  // All but UTF-8's continuation bytes begin a character.
  const auto begins = [](char c) { return (c & 0xc0) != 0x80; };
  return text.size() <= Pin::kMaxBytes && fido::IsUtf8(text) &&
         std::none_of(text.begin(), text.end(), absl::ascii_iscntrl) &&
         std::count_if(text.begin(), text.end(), begins) >=
             static_cast<ptrdiff_t>(Pin::kMinCharacters);
}

}  // namespace

void Wipe(std::string& text) {
  text.resize(text.capacity());
  explicit_bzero(&text[0], text.size());
  text.clear();
}

absl::StatusOr<Pin> Pin::From(std::string&& text) {
  if (!IsPin(text)) {
    Wipe(text);
    return FieldError("pin", "must be UTF-8 of 4 characters to 63 bytes");
  }
  Pin pin;
  pin.text_ = text;
  Wipe(text);
  return pin;
}

// A moved string may leave its characters behind: copied, then wiped.
Pin::Pin(Pin&& other) noexcept {
  text_ = other.text_;
  Wipe(other.text_);
}

Pin& Pin::operator=(Pin&& other) noexcept {
  if (this == &other) return *this;
  Wipe(text_);
  text_ = other.text_;
  Wipe(other.text_);
  return *this;
}

}  // namespace u2fi::ctap2
