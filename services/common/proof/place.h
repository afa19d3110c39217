#ifndef U2FI_SERVICES_COMMON_PROOF_PLACE_H_
#define U2FI_SERVICES_COMMON_PROOF_PLACE_H_

#include "absl/status/status.h"
#include "u2fi/proof/v1/statement.pb.h"

namespace u2fi::proof {

// Where a touch is taken, as the party that checks knows it.
struct ApprovalPlace {
  // The portal in a browser, not a gateway. The other fields are then about
  // nothing.
  bool browser = false;
  // The gateway stands in the approver's account_gateways.
  bool account_gateway = false;
  // The gateway is at the site of the devices.
  bool at_site_of_devices = false;
  // The pin set of every device of the batch marks the gateway may_approve.
  bool may_approve = false;
  // The account has no token yet (ENROL only).
  bool first_token = false;
  // The rule of every operation has browser_ok.
  bool browser_ok = false;
};

// OK if a touch under `purpose` may be taken there, PLACE_NOT_ALLOWED
// otherwise (decisions A7: a bad gateway may not get a guest's touch for an
// act on the guest's account):
//   ENROL             an account gateway, the portal; a first token anywhere
//   TOKEN             an account gateway, the portal
//   PINS TRANSFER MOVE PROVISION UNBIND
//                     an account gateway
//   LEASE PRESENCE    a gateway at the devices' site
//   COMMAND           a may_approve gateway; the portal if browser_ok
//   BREAK_GLASS       a may_approve gateway
absl::Status CheckPlace(v1::Purpose purpose, const ApprovalPlace& place);

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_PLACE_H_
