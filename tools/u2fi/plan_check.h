#ifndef U2FI_TOOLS_U2FI_PLAN_CHECK_H_
#define U2FI_TOOLS_U2FI_PLAN_CHECK_H_

#include "absl/status/status.h"
#include "tools/u2fi/mesh.h"

namespace u2fi::cli {

// Whether the registry planned what was asked for; the words and the touch
// cover what it planned. In this order: the device, the account and the site
// that were named, its gateways, its keys, and no rule looser than asked.
// COMMAND_MISMATCH names the first that is another.
absl::Status CheckPlan(const registry::PlanPinsRequest& asked,
                       const proof::v1::PinSet& planned);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_PLAN_CHECK_H_
