#include "services/command-gate/approval_places.h"

#include "absl/strings/str_cat.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

std::string AccountPlace(absl::string_view account, int i) {
  return absl::StrCat("open/a/", account, "/", i);
}
std::string GatewayPlace(absl::string_view gateway, int i) {
  return absl::StrCat("open/g/", gateway, "/", i);
}

}  // namespace

std::vector<std::string> PlaceKeys(const records::v1::CommandRow& row) {
  std::set<std::string> keys;
  for (const records::v1::Slot& slot : row.slots()) {
    for (int i = 0; i <= kMaxOpenPerAccount; ++i) {
      keys.insert(AccountPlace(slot.account(), i));
    }
    // A browser is none.
    for (int i = 0; i < kMaxOpenPerGateway && !slot.gateway().empty(); ++i) {
      keys.insert(GatewayPlace(slot.gateway(), i));
    }
  }
  return {keys.begin(), keys.end()};
}

void ApprovalPlaces::Add(const std::string& key,
                         const std::string& command_id) {
  if (command_id.empty()) {
    free_.insert(key);
  } else {
    taken_[key] = command_id;
  }
}

absl::StatusOr<std::string> ApprovalPlaces::TakeOfAccount(
    const std::string& account, absl::string_view requester) {
  std::string place = TakeFirst(account, per_account_, AccountPlace);
  std::string kept = AccountPlace(account, kMaxOpenPerAccount);
  if (!place.empty() || free_.count(kept) == 0) return place;
  for (int i = 0; i < per_account_; ++i) {
    const auto taken = taken_.find(AccountPlace(account, i));
    // By the same command.
    if (taken == taken_.end()) return std::string();
    ASSIGN_OR_RETURN(const std::string holder, requester_of_(taken->second));
    if (holder == requester) return std::string();
  }
  free_.erase(kept);
  return kept;
}

std::string ApprovalPlaces::TakeOfGateway(const std::string& gateway) {
  return TakeFirst(gateway, kMaxOpenPerGateway, GatewayPlace);
}

std::string ApprovalPlaces::TakeFirst(const std::string& of, int count,
                                      KeyOf key) {
  for (int i = 0; i < count; ++i) {
    std::string place = key(of, i);
    if (free_.erase(place) > 0) return place;
  }
  return "";
}

}  // namespace u2fi::command_gate
