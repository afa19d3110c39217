#include "services/command-gate/gateway_drain.h"

#include <algorithm>
#include <vector>

#include "google/protobuf/util/time_util.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/time/backoff.h"

namespace u2fi::command_gate {
namespace {

using ::google::protobuf::util::TimeUtil;

google::protobuf::Duration ToProto(absl::Duration duration) {
  return TimeUtil::MillisecondsToDuration(absl::ToInt64Milliseconds(duration));
}

}  // namespace

void DrainGateways(GatewaySessions& sessions, const Clock& clock,
                   RandomSource& random, absl::Time deadline) {
  sessions.RefuseNew();
  const std::vector<GatewaySession> present = sessions.List();
  const absl::Duration left =
      std::max(absl::ZeroDuration(), deadline - clock.Now());
  const absl::Duration spread = std::min(
      kDrainPerGateway * static_cast<int64_t>(present.size()), left / 2);
  const absl::Duration wait = std::min(spread + kDrainGrace, left);
  logging::Info("the gateways are told to connect elsewhere",
                {{"gateways", static_cast<int64_t>(present.size())}});
  const absl::Duration most = std::max(spread, absl::Milliseconds(1));
  Backoff moment(random, most, most);
  for (const GatewaySession& session : present) {
    gateway::v1::MeshMessage message;
    *message.mutable_drain()->mutable_reconnect_after() =
        ToProto(moment.Next());
    *message.mutable_drain()->mutable_closes_after() = ToProto(wait);
    sessions.Send(session.tenant, session.gateway, std::move(message))
        .IgnoreError();
  }
  sessions.WaitUntilEmpty(wait);
  const std::vector<GatewaySession> stayed = sessions.List();
  if (!stayed.empty()) {
    logging::Warning("gateways did not leave in time",
                     {{"gateways", static_cast<int64_t>(stayed.size())}});
  }
  for (const GatewaySession& session : stayed) {
    sessions.Expel(session.tenant, session.gateway,
                   Error(reason::kDraining, "this replica stops"));
  }
}

}  // namespace u2fi::command_gate
