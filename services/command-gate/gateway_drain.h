#ifndef U2FI_SERVICES_COMMAND_GATE_GATEWAY_DRAIN_H_
#define U2FI_SERVICES_COMMAND_GATE_GATEWAY_DRAIN_H_

#include "absl/time/time.h"
#include "services/command-gate/gateway_sessions.h"
#include "services/common/random/random_source.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// Gateways are told to leave at random moments over this long for each of
// them: those who take them in accept about a thousand a second.
inline constexpr absl::Duration kDrainPerGateway = absl::Milliseconds(1);
// What a gateway gets to leave after its moment.
inline constexpr absl::Duration kDrainGrace = absl::Seconds(2);

// Sends the gateways away when this replica stops, so that its servers can:
// tells each (Drain) when to open its next stream, takes no new ones in, waits
// until they have left, and closes what is still there with DRAINING. Blocks,
// at most until `deadline`. What waits for an approval waits in the store, and
// goes on wherever its gateway appears.
void DrainGateways(GatewaySessions& sessions, const Clock& clock,
                   RandomSource& random, absl::Time deadline);

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_GATEWAY_DRAIN_H_
