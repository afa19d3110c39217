#ifndef U2FI_TOOLS_FIDO_CHECK_CASE_FIELDS_H_
#define U2FI_TOOLS_FIDO_CHECK_CASE_FIELDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "nlohmann/json.hpp"

namespace u2fi::fido_check {

// Reads the fields of one case. What is missing or null is absent; what is of
// another kind or cannot be decoded is absent too and spoils the case.
class CaseFields {
 public:
  // `one_case` must outlive this.
  explicit CaseFields(const nlohmann::json& one_case) : case_(one_case) {}

  // Nothing so far was malformed.
  bool ok() const { return ok_; }

  absl::optional<std::string> Text(absl::string_view name);
  // Hex of either case.
  absl::optional<std::string> Hex(absl::string_view name);
  // Base64url; padding is tolerated.
  absl::optional<std::string> Base64Url(absl::string_view name);
  absl::optional<int64_t> Integer(absl::string_view name);
  absl::optional<bool> Boolean(absl::string_view name);
  // A text counts as a list of one.
  std::vector<std::string> Texts(absl::string_view name);
  // A list of hex.
  std::vector<std::string> HexList(absl::string_view name);
  absl::optional<std::vector<int64_t>> Integers(absl::string_view name);

 private:
  // Null without the field.
  const nlohmann::json* Find(absl::string_view name) const;

  const nlohmann::json& case_;
  bool ok_ = true;
};

}  // namespace u2fi::fido_check

#endif  // U2FI_TOOLS_FIDO_CHECK_CASE_FIELDS_H_
