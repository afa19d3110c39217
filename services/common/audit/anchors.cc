#include "services/common/audit/anchors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "services/common/audit/rules.h"
#include "services/common/crypto/encoding.h"

namespace u2fi::audit {
namespace {

constexpr size_t kHexSize = 64;

bool IsHash(absl::string_view text) {
  return text.size() == kHexSize &&
         std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

}  // namespace

absl::Status Anchors::Add(absl::string_view text) {
  const absl::string_view stripped = absl::StripAsciiWhitespace(text);
  if (IsHash(stripped)) {
    hashes_.insert(absl::AsciiStrToLower(stripped));
    return absl::OkStatus();
  }
  absl::StatusOr<proof::PinSet> pins = proof::PinSet::Parse(text);
  if (!pins.ok()) {
    return FormatError("anchor", "is neither a hash nor a pin set");
  }
  hashes_.insert(crypto::Hex(crypto::View(pins->hash())));
  pin_sets_.push_back(*std::move(pins));
  return absl::OkStatus();
}

}  // namespace u2fi::audit
