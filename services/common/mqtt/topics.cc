#include "services/common/mqtt/topics.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/proof/ids.h"
#include "services/common/status/error.h"

namespace u2fi::mqtt {
namespace {

struct KindName {
  TopicKind kind;
  absl::string_view name;
};
constexpr KindName kKinds[] = {{TopicKind::kDown, "down"},
                               {TopicKind::kUp, "up"},
                               {TopicKind::kPresence, "presence"},
                               {TopicKind::kPlainSet, "plain/set"},
                               {TopicKind::kPlainState, "plain/state"}};

}  // namespace

absl::StatusOr<GatewayTopics> GatewayTopics::Create(absl::string_view tenant,
                                                    absl::string_view site,
                                                    absl::string_view gateway) {
  if (!proof::IsId(tenant)) return FieldError("tenant", "is not an id");
  if (!proof::IsId(site)) return FieldError("site", "is not an id");
  if (!proof::IsId(gateway)) return FieldError("gateway", "is not an id");
  return GatewayTopics(
      absl::StrCat("u2fi/", tenant, "/", site, "/", gateway, "/"),
      std::string(gateway));
}

std::string GatewayTopics::Of(absl::string_view device, TopicKind kind) const {
  const auto* row =
      std::find_if(std::begin(kKinds), std::end(kKinds),
                   [kind](const KindName& k) { return k.kind == kind; });
  return absl::StrCat(prefix_, device, "/", row->name);
}

absl::StatusOr<GatewayTopics::Parsed> GatewayTopics::Parse(
    absl::string_view topic) const {
  if (!absl::ConsumePrefix(&topic, prefix_)) {
    return FieldError("topic", "is not of this gateway");
  }
  const size_t slash = topic.find('/');
  const absl::string_view device = topic.substr(0, slash);
  if (slash == absl::string_view::npos || !proof::IsId(device)) {
    return FieldError("topic", "names no device");
  }
  for (const KindName& row : kKinds) {
    if (topic.substr(slash + 1) == row.name) {
      return Parsed{std::string(device), row.kind};
    }
  }
  return FieldError("topic", "is of no known kind");
}

std::string GatewayTopics::AgentUser() const {
  return absl::StrCat("agent.", gateway_);
}

}  // namespace u2fi::mqtt
