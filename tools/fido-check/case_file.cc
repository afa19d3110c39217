#include "tools/fido-check/case_file.h"

#include "services/common/file/file.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::fido_check {
namespace {

using nlohmann::json;

constexpr size_t kMaxFile = size_t{64} << 20;
// What is deeper is not kept: copying and freeing it would recurse as deeply.
constexpr int kMaxDepth = 64;

}  // namespace

absl::StatusOr<json> ReadCases(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxFile));
  bool too_deep = false;
  const auto keep = [&too_deep](int depth, json::parse_event_t, json&) {
    too_deep |= depth > kMaxDepth;
    return depth <= kMaxDepth;
  };
  const json document = json::parse(text, keep, false);
  if (too_deep) return FieldError(path, "is nested too deeply");
  if (!document.is_object()) return FieldError(path, "is no JSON object");
  const auto cases = document.find("cases");
  if (cases == document.end() || !cases->is_array()) {
    return FieldError(path, "is not a file of cases");
  }
  return *cases;
}

}  // namespace u2fi::fido_check
