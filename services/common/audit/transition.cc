#include "services/common/audit/transition.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/audit/keys.h"
#include "services/common/audit/limits.h"
#include "services/common/audit/rules.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

// Key and framing of a row.
constexpr size_t kRowOverhead = 512;

absl::Status KeyError(absl::string_view key, absl::string_view problem) {
  const std::string shown = absl::CHexEscape(key.substr(0, 64));
  return Error(reason::kStoreKeyInvalid,
               absl::StrCat("key '", shown, "' ", problem), {{"key", shown}});
}

absl::Status LimitError(absl::string_view field) {
  return Error(reason::kStoreLimit,
               absl::StrCat(field, ": too many for one commit"),
               {{"field", std::string(field)}});
}

bool IsKeyCharacter(char c) {
  return absl::ascii_isalnum(c) || absl::StrContains("._~:/@=+-", c);
}

absl::Status CheckKey(absl::string_view key) {
  if (key.empty() || key.size() > store::kMaxKeySize) {
    return KeyError(key, "is not 1 to 256 bytes");
  }
  if (!std::all_of(key.begin(), key.end(), IsKeyCharacter)) {
    return KeyError(key, "has a character that is not allowed");
  }
  if (absl::StartsWith(key, kKeyPrefix)) {
    return KeyError(key, "belongs to the audit");
  }
  return absl::OkStatus();
}

absl::Status CheckKeys(std::vector<absl::string_view> keys) {
  for (absl::string_view key : keys) RETURN_IF_ERROR(CheckKey(key));
  std::sort(keys.begin(), keys.end());
  const auto twice = std::adjacent_find(keys.begin(), keys.end());
  return twice == keys.end() ? absl::OkStatus()
                             : KeyError(*twice, "is named twice");
}

}  // namespace

TransitionSize SizeOf(const Transition& transition) {
  TransitionSize size{transition.expect.size() + transition.put.size() +
                          transition.remove.size() + transition.rows.size(),
                      0};
  for (const store::Expect& expect : transition.expect) {
    size.bytes += expect.key.size();
  }
  for (const store::Put& put : transition.put) {
    size.bytes += put.key.size() + put.value.size();
  }
  for (const std::string& key : transition.remove) size.bytes += key.size();
  for (const PreparedRow& row : transition.rows) {
    size.bytes += kRowOverhead + row.header_end().size() + row.row_end().size();
  }
  return size;
}

absl::Status CheckTransition(const Transition& transition) {
  if (transition.rows.empty()) {
    return FormatError("rows", "are missing: nothing happens unaudited");
  }
  const TransitionSize size = SizeOf(transition);
  if (size.keys > store::kMaxKeysPerCall - kReservedKeys) {
    return LimitError("keys");
  }
  if (size.bytes > store::kMaxCommitBytes - kReservedBytes) {
    return LimitError("bytes");
  }
  std::vector<absl::string_view> compared;
  for (const store::Expect& expect : transition.expect) {
    compared.push_back(expect.key);
  }
  RETURN_IF_ERROR(CheckKeys(std::move(compared)));
  std::vector<absl::string_view> changed(transition.remove.begin(),
                                         transition.remove.end());
  for (const store::Put& put : transition.put) {
    if (put.value.size() > store::kMaxValueSize) return LimitError("value");
    changed.push_back(put.key);
  }
  return CheckKeys(std::move(changed));
}

}  // namespace u2fi::audit
