#include "services/common/proof/place.h"

#include "services/common/status/error.h"

namespace u2fi::proof {
namespace {

// What a place needs for a purpose. nullptr: nothing there is enough.
struct Need {
  v1::Purpose purpose;
  bool ApprovalPlace::*at_gateway;
  bool ApprovalPlace::*in_portal;
};
constexpr Need kNeeds[] = {
    {v1::PURPOSE_ENROL, &ApprovalPlace::account_gateway,
     &ApprovalPlace::browser},
    {v1::PURPOSE_ENROL, &ApprovalPlace::first_token, &ApprovalPlace::browser},
    {v1::PURPOSE_TOKEN, &ApprovalPlace::account_gateway,
     &ApprovalPlace::browser},
    {v1::PURPOSE_PINS, &ApprovalPlace::account_gateway, nullptr},
    {v1::PURPOSE_TRANSFER, &ApprovalPlace::account_gateway, nullptr},
    {v1::PURPOSE_MOVE, &ApprovalPlace::account_gateway, nullptr},
    {v1::PURPOSE_PROVISION, &ApprovalPlace::account_gateway, nullptr},
    {v1::PURPOSE_UNBIND, &ApprovalPlace::account_gateway, nullptr},
    {v1::PURPOSE_LEASE, &ApprovalPlace::at_site_of_devices, nullptr},
    {v1::PURPOSE_PRESENCE, &ApprovalPlace::at_site_of_devices, nullptr},
    {v1::PURPOSE_COMMAND, &ApprovalPlace::may_approve,
     &ApprovalPlace::browser_ok},
    {v1::PURPOSE_BREAK_GLASS, &ApprovalPlace::may_approve, nullptr}};

bool IsAllowed(v1::Purpose purpose, const ApprovalPlace& place) {
  for (const Need& need : kNeeds) {
    if (need.purpose != purpose) continue;
    const auto flag = place.browser ? need.in_portal : need.at_gateway;
    if (flag != nullptr && place.*flag) return true;
  }
  return false;
}

}  // namespace

absl::Status CheckPlace(v1::Purpose purpose, const ApprovalPlace& place) {
  if (IsAllowed(purpose, place)) return absl::OkStatus();
  return Error(reason::kPlaceNotAllowed,
               "this approval may not be given at that place",
               {{"purpose", v1::Purpose_Name(purpose)},
                {"place", place.browser ? "browser" : "gateway"}});
}

}  // namespace u2fi::proof
