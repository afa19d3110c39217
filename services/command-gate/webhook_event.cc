#include "services/command-gate/webhook_event.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "services/command-gate/command_states.h"
#include "services/common/crypto/hash.h"

namespace u2fi::command_gate {
namespace {

using nlohmann::json;
using records::v1::CommandRow;
using records::v1::Slot;

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone());
}
std::string MsText(uint64_t ms) {
  return TimeText(absl::FromUnixMillis(static_cast<int64_t>(ms)));
}

std::string PurposeName(proof::v1::Purpose purpose) {
  const std::string& name = proof::v1::Purpose_Name(purpose);
  return std::string(absl::StripPrefix(name, "PURPOSE_"));
}
std::string SlotStateName(v1::ApprovalState state) {
  const std::string& name = v1::ApprovalState_Name(state);
  return std::string(absl::StripPrefix(name, "APPROVAL_STATE_"));
}

json ApproversOf(const CommandRow& row) {
  json approvers = json::array();
  for (const Slot& slot : row.slots()) {
    approvers.push_back({{"account", slot.account()},
                         {"gateway", slot.gateway()},
                         {"state", SlotStateName(slot.state())}});
  }
  return approvers;
}

json ItemsOf(const std::vector<StoredCommand>& all) {
  json items = json::array();
  for (const StoredCommand& one : all) {
    if (items.size() == kMaxWebhookItems) break;
    items.push_back(
        {{"device", one.row.device()}, {"operation", one.row.operation()}});
  }
  return items;
}

}  // namespace

absl::string_view WebhookEventName(WebhookEvent::Kind kind) {
  return kind == WebhookEvent::Kind::kWaiting ? "WAITING" : "ENDED";
}

bool IsWaitingForPeople(const CommandRow& row) {
  const bool registers =
      !row.enrol_statement().empty() && row.command().empty();
  return row.state() == v1::COMMAND_STATE_AWAITING_APPROVAL ||
         (row.state() == v1::COMMAND_STATE_PREPARING && registers);
}

std::string WebhookBody(absl::string_view tenant, const WebhookEvent& event,
                        const std::vector<StoredCommand>& all) {
  const CommandRow& row = all.front().row;
  const absl::string_view name = WebhookEventName(event.kind);
  const bool batch = !row.batch_ids().empty();
  json body = {
      {"format", 1},
      {"id", absl::StrCat(row.command_id(), "-", absl::AsciiStrToLower(name))},
      {"event", std::string(name)},
      {"time", TimeText(event.at)},
      {"tenant", std::string(tenant)},
      {"name",
       absl::StrCat(batch ? "batches/" : "commands/", row.command_id())},
      {"purpose", PurposeName(row.purpose())},
      {"state", std::string(StateName(row.state()))},
      {"reason", row.reason()},
      {"account", row.account()},
      {"site", row.site()},
      {"approvers", ApproversOf(row)},
      {"items", ItemsOf(all)},
      {"item_count", all.size()},
      {"approve_by", MsText(row.approve_by_ms())},
      {"execute_by", MsText(row.execute_by_ms())},
      {"break_glass_reason", row.break_glass_reason()},
  };
  return body.dump(-1, ' ', /*ensure_ascii=*/true,
                   json::error_handler_t::replace);
}

std::string WebhookSignature(absl::string_view key, absl::Time now,
                             absl::string_view body) {
  const std::string seconds = absl::StrCat(absl::ToUnixSeconds(now));
  const crypto::Digest digest = crypto::HmacSha256(key, {seconds, ".", body});
  return absl::StrCat("t=", seconds,
                      ",v1=", absl::BytesToHexString(crypto::View(digest)));
}

}  // namespace u2fi::command_gate
