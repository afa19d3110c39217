#include "tools/rogue-cloud/rogue_link_server.h"

#include <utility>

namespace u2fi::rogue_cloud {

using gateway::v1::GatewayMessage;
using gateway::v1::MeshMessage;

RogueLinkServer::RogueLinkServer(std::vector<Attack> attacks,
                                 const Clock& clock,
                                 std::function<void(const Answer&)> on_answer)
    : attacks_(std::move(attacks)),
      clock_(clock),
      on_answer_(std::move(on_answer)) {}

grpc::Status RogueLinkServer::Connect(grpc::ServerContext*, Stream* stream) {
  bool alive = Welcome(*stream);
  for (size_t i = answered(); alive && i < attacks_.size(); ++i) {
    alive = Try(attacks_[i], *stream);
    if (!alive) break;
    MutexLock lock(mutex_);
    answered_ = i + 1;
    changed_.NotifyAll();
  }
  // Held open: the agent has no reason to look for another gate.
  GatewayMessage ignored;
  while (alive) alive = stream->Read(&ignored);
  return grpc::Status::OK;
}

bool RogueLinkServer::Welcome(Stream& stream) const {
  GatewayMessage hello;
  if (!stream.Read(&hello)) return false;
  MeshMessage message;
  gateway::v1::Welcome& welcome = *message.mutable_welcome();
  welcome.set_generation(static_cast<uint64_t>(UnixMillis(clock_)));
  welcome.set_format_min(1);
  welcome.set_format_max(1);
  welcome.mutable_heartbeat_interval()->set_seconds(1);
  welcome.set_time_ms(static_cast<uint64_t>(UnixMillis(clock_)));
  welcome.mutable_limits()->set_open_approvals(16);
  welcome.mutable_limits()->set_message_bytes(4 << 20);
  welcome.mutable_limits()->set_audit_rows(1000);
  welcome.mutable_limits()->set_events_per_minute(60);
  return stream.Write(message);
}

bool RogueLinkServer::Try(const Attack& attack, Stream& stream) const {
  MeshMessage message;
  *message.mutable_execute_command() = attack.execute;
  if (!stream.Write(message)) return false;
  GatewayMessage up;
  while (stream.Read(&up)) {
    const gateway::v1::CommandAccepted& accepted = up.command_accepted();
    const gateway::v1::CommandResult& result = up.command_result();
    if (accepted.command_id() == attack.command_id &&
        !accepted.refused_reason().empty()) {
      on_answer_({attack, accepted.refused_reason(), ""});
      return true;
    }
    if (result.command_id() == attack.command_id) {
      on_answer_({attack, "", result.outcome_text()});
      return true;
    }
  }
  return false;
}

bool RogueLinkServer::WaitForAnswers(absl::Duration timeout) {
  const absl::Duration end = clock_.Uptime() + timeout;
  MutexLock lock(mutex_);
  while (answered_ < attacks_.size()) {
    const absl::Duration left = end - clock_.Uptime();
    if (left <= absl::ZeroDuration()) return false;
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

}  // namespace u2fi::rogue_cloud
