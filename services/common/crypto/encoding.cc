#include "services/common/crypto/encoding.h"

#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace u2fi::crypto {
namespace {

constexpr char kBase32[] = "abcdefghijklmnopqrstuvwxyz234567";

}  // namespace

std::string Base64Url(absl::string_view bytes) {
  return absl::WebSafeBase64Escape(bytes);
}

absl::StatusOr<std::string> FromBase64Url(absl::string_view text) {
  std::string bytes;
  // Abseil tolerates padding, white space and stray bits: one text per value
  // is what encoding again and comparing ensures.
  if (!absl::WebSafeBase64Unescape(text, &bytes) || Base64Url(bytes) != text) {
    return absl::InvalidArgumentError("not base64url without padding");
  }
  return bytes;
}

std::string Base32(absl::string_view bytes) {
  std::string text;
  uint32_t buffer = 0;
  int bits = 0;
  for (const char c : bytes) {
    buffer = (buffer << 8) | static_cast<uint8_t>(c);
    for (bits += 8; bits >= 5; bits -= 5) {
      text.push_back(kBase32[(buffer >> (bits - 5)) & 31]);
    }
  }
  if (bits > 0) text.push_back(kBase32[(buffer << (5 - bits)) & 31]);
  return text;
}

std::string Hex(absl::string_view bytes) {
  return absl::BytesToHexString(bytes);
}

absl::StatusOr<std::string> FromHex(absl::string_view text) {
  for (const char c : text) {
    if (!absl::ascii_isxdigit(c)) {
      return absl::InvalidArgumentError("not hexadecimal");
    }
  }
  if (text.size() % 2 != 0) {
    return absl::InvalidArgumentError("an odd number of hex digits");
  }
  return absl::HexStringToBytes(text);
}

}  // namespace u2fi::crypto
