#include "services/common/rpc/ids.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {
namespace {

constexpr size_t kRequestIdSize = 32;

bool IsLetterOrDigit(char c) {
  return absl::ascii_islower(c) || absl::ascii_isdigit(c);
}

bool IsLowerHex(char c) {
  return absl::ascii_isdigit(c) || (c >= 'a' && c <= 'f');
}

}  // namespace

bool IsCanonicalId(absl::string_view id) {
  if (id.empty() || id.size() > kMaxIdSize) return false;
  if (!IsLetterOrDigit(id.front()) || !IsLetterOrDigit(id.back())) return false;
  return std::all_of(id.begin(), id.end(),
                     [](char c) { return IsLetterOrDigit(c) || c == '-'; });
}

absl::Status CheckId(absl::string_view path, absl::string_view id) {
  if (id.empty()) return FieldError(path, "is required");
  if (!IsCanonicalId(id)) {
    return FieldError(path,
                      "is not an id: 1 to 64 of a-z, 0-9 and -, with a letter "
                      "or digit at both ends");
  }
  return absl::OkStatus();
}

absl::Status CheckRequestId(absl::string_view path, absl::string_view id) {
  if (id.empty()) return FieldError(path, "is required");
  if (id.size() != kRequestIdSize ||
      !std::all_of(id.begin(), id.end(), IsLowerHex)) {
    return FieldError(path, "is not 32 lower-case hexadecimal digits");
  }
  return absl::OkStatus();
}

}  // namespace u2fi::rpc
