// JSON from anywhere: the strict reader takes nothing that nlohmann's parser
// refuses, and of what that takes it refuses only what it says.
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "services/common/fido/strict_json.h"

namespace {

using nlohmann::json;

constexpr u2fi::fido::JsonLimits kLimits{4096, 16, 64};

// Whether the text is an object for nlohmann's parser and has nothing that the
// strict reader alone forbids.
bool IsGood(absl::string_view text) {
  bool is_within = true;
  std::vector<std::set<std::string>> levels;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    using Event = json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      levels.resize(static_cast<size_t>(depth) + 1);
      levels.back().clear();
      is_within &= levels.size() <= kLimits.depth;
    } else if (event == Event::key) {
      auto& keys = levels.at(static_cast<size_t>(depth) - 1);
      levels.resize(static_cast<size_t>(depth));
      is_within &= keys.insert(value.get<std::string>()).second &&
                   keys.size() <= kLimits.members;
    }
    return true;
  };
  const json value = json::parse(text.begin(), text.end(), watch, false);
  return is_within && value.is_object() && text[0] != '\xef' &&
         text.find('\0') == absl::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > kLimits.size) return 0;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  u2fi::fido::StrictJsonHandler handler;
  const bool is_read = u2fi::fido::ReadStrictJson(text, kLimits, handler);
  // A number beyond a double is the one thing that only nlohmann refuses.
  const bool may_overflow =
      text.find_first_of("eE") != absl::string_view::npos || size > 300;
  if (is_read != IsGood(text) && !(is_read && may_overflow)) std::abort();
  return 0;
}
