// JSON from anywhere: the strict reader takes nothing that nlohmann's parser
// refuses, and refuses no empty object that it takes.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "services/common/fido/strict_json.h"

namespace {

constexpr u2fi::fido::JsonLimits kLimits{4096, 16, 64};

// Whether nlohmann's parser takes the text as an empty object without the zero
// byte and the byte order mark that the strict reader forbids.
bool IsPlainObject(absl::string_view text) {
  const auto value =
      nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (!value.is_object() || text.find('\0') != absl::string_view::npos ||
      text[0] == '\xef') {
    return false;
  }
  return value.empty();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  u2fi::fido::StrictJsonHandler handler;
  const bool is_read = u2fi::fido::ReadStrictJson(text, kLimits, handler);
  // A number beyond a double is the one thing that nlohmann refuses.
  const bool may_overflow =
      text.find_first_of("eE") != absl::string_view::npos || size > 300;
  if (is_read && !may_overflow &&
      !nlohmann::json::accept(text.begin(), text.end())) {
    std::abort();
  }
  if (!is_read && size > 0 && size <= kLimits.size && IsPlainObject(text)) {
    std::abort();
  }
  return 0;
}
