#include "services/common/proof/place.h"

#include "services/common/status/error.h"

namespace u2fi::proof {
namespace {

bool AllowedInPortal(v1::Purpose purpose, const ApprovalPlace& place) {
  switch (purpose) {
    case v1::PURPOSE_ENROL:
    case v1::PURPOSE_TOKEN:
      return true;
    case v1::PURPOSE_COMMAND:
      return place.browser_ok;
    default:
      return false;
  }
}

bool AllowedAtGateway(v1::Purpose purpose, const ApprovalPlace& place) {
  switch (purpose) {
    case v1::PURPOSE_ENROL:
      return place.account_gateway || place.first_token;
    case v1::PURPOSE_TOKEN:
    case v1::PURPOSE_PINS:
    case v1::PURPOSE_TRANSFER:
    case v1::PURPOSE_MOVE:
    case v1::PURPOSE_PROVISION:
    case v1::PURPOSE_UNBIND:
      return place.account_gateway;
    case v1::PURPOSE_LEASE:
    case v1::PURPOSE_PRESENCE:
      return place.at_site_of_devices;
    case v1::PURPOSE_COMMAND:
    case v1::PURPOSE_BREAK_GLASS:
      return place.may_approve;
    default:
      return false;
  }
}

}  // namespace

absl::Status CheckPlace(v1::Purpose purpose, const ApprovalPlace& place) {
  if (place.browser ? AllowedInPortal(purpose, place)
                    : AllowedAtGateway(purpose, place)) {
    return absl::OkStatus();
  }
  return Error(reason::kPlaceNotAllowed,
               "this approval may not be given at that place",
               {{"purpose", v1::Purpose_Name(purpose)},
                {"place", place.browser ? "browser" : "gateway"}});
}

}  // namespace u2fi::proof
