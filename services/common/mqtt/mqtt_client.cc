#include "services/common/mqtt/mqtt_client.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::mqtt {
namespace {

constexpr absl::Duration kMaxExpiry = absl::Hours(24 * 30);

bool IsTopicText(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxTopic &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

bool IsTopic(absl::string_view text) {
  return IsTopicText(text) &&
         text.find_first_of("+#") == absl::string_view::npos;
}

}  // namespace

absl::Status CheckMessage(const Message& message) {
  if (!IsTopic(message.topic)) {
    return FieldError("topic", "is not a topic name");
  }
  if (message.payload.size() > kMaxPayload) {
    return FieldError("payload", absl::StrCat("is longer than ", kMaxPayload));
  }
  if (message.expiry < absl::ZeroDuration() || message.expiry > kMaxExpiry) {
    return FieldError("expiry", "is not from zero to 30 days");
  }
  if (!message.response_topic.empty() && !IsTopic(message.response_topic)) {
    return FieldError("response_topic", "is not a topic name");
  }
  if (message.correlation.size() > kMaxCorrelation) {
    return FieldError("correlation",
                      absl::StrCat("is longer than ", kMaxCorrelation));
  }
  if (message.retain && !message.response_topic.empty()) {
    return FieldError("retain", "is set on a request");
  }
  return absl::OkStatus();
}

absl::Status CheckFilter(absl::string_view filter) {
  if (!IsTopicText(filter)) return FieldError("filter", "is not a filter");
  const std::vector<absl::string_view> levels = absl::StrSplit(filter, '/');
  for (size_t i = 0; i < levels.size(); ++i) {
    const absl::string_view level = levels[i];
    if (level == "+" || (level == "#" && i + 1 == levels.size())) continue;
    if (level.find_first_of("+#") != absl::string_view::npos) {
      return FieldError("filter", "has a wildcard beside other characters");
    }
  }
  return absl::OkStatus();
}

bool Matches(absl::string_view filter, absl::string_view topic) {
  const std::vector<absl::string_view> want = absl::StrSplit(filter, '/');
  const std::vector<absl::string_view> have = absl::StrSplit(topic, '/');
  for (size_t i = 0; i < want.size(); ++i) {
    if (want[i] == "#") return true;
    if (i == have.size()) return false;
    if (want[i] != "+" && want[i] != have[i]) return false;
  }
  return want.size() == have.size();
}

}  // namespace u2fi::mqtt
