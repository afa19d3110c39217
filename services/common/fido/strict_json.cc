#include "services/common/fido/strict_json.h"

#include <algorithm>
#include <utility>

namespace u2fi::fido {

bool StrictJsonHandler::Enter(bool is_object) {
  // Only an object may be the text's own value.
  if (levels_.empty() && !is_object) return false;
  if (!OnOther() || levels_.size() == limits_.depth) return false;
  levels_.push_back({{}, is_object});
  return true;
}

bool StrictJsonHandler::start_object(size_t) { return Enter(true); }
bool StrictJsonHandler::start_array(size_t) { return Enter(false); }

bool StrictJsonHandler::key(string_t& name) {
  std::vector<std::string>& keys = levels_.back().keys;
  if (keys.size() == limits_.members ||
      std::find(keys.begin(), keys.end(), name) != keys.end()) {
    return false;
  }
  keys.push_back(std::move(name));
  return true;
}

bool StrictJsonHandler::end_object() {
  levels_.pop_back();
  return true;
}
bool StrictJsonHandler::end_array() { return end_object(); }

const std::string& StrictJsonHandler::Key(size_t depth) const {
  static const auto* const none = new std::string();
  if (depth == 0 || depth > levels_.size()) return *none;
  const Level& level = levels_[depth - 1];
  return level.is_object && !level.keys.empty() ? level.keys.back() : *none;
}

bool ReadStrictJson(absl::string_view text, const JsonLimits& limits,
                    StrictJsonHandler& handler) {
  const size_t start = text.find_first_not_of(" \t\r\n");
  // The parser would take a byte order mark before the text, and a zero byte
  // as its end.
  if (text.size() > limits.size || start == absl::string_view::npos ||
      text[start] != '{' || text.find('\0') != absl::string_view::npos) {
    return false;
  }
  return nlohmann::json::sax_parse(text.begin(), text.end(), &handler);
}

absl::Status ParseStrictJson(absl::string_view text, const JsonLimits& limits,
                             nlohmann::json& out) {
  StrictJsonHandler handler(limits);
  if (!ReadStrictJson(text, limits, handler)) {
    return absl::InvalidArgumentError("not one JSON object within the limits");
  }
  out = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  return absl::OkStatus();
}

}  // namespace u2fi::fido
