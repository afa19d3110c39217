#include "services/command-gate/gateway_sessions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {

GatewaySession GatewaySessions::Add(GatewaySession session,
                                    std::shared_ptr<GatewayStream> stream) {
  std::shared_ptr<GatewayStream> former;
  {
    MutexLock lock(mutex_);
    Entry& entry = entries_[KeyOf(session.tenant, session.gateway)];
    session.generation = std::max(entry.session.generation + 1,
                                  static_cast<uint64_t>(UnixMillis(clock_)));
    former = std::move(entry.stream);
    if (former == nullptr) ++streams_;
    entry.session = session;
    entry.stream = std::move(stream);
  }
  if (former != nullptr) {
    former->Close(Error(reason::kStreamReplaced,
                        "a newer stream of this gateway took over"));
  }
  return session;
}

void GatewaySessions::Remove(const GatewaySession& session) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(KeyOf(session.tenant, session.gateway));
  if (found == entries_.end() ||
      found->second.session.generation != session.generation) {
    return;
  }
  found->second.stream.reset();
  found->second.gone_at = clock_.Uptime();
  if (--streams_ == 0) empty_.NotifyAll();
}

void GatewaySessions::WaitUntilEmpty(absl::Duration timeout) {
  MutexLock lock(mutex_);
  bool in_time = true;
  while (streams_ > 0 && in_time) in_time = empty_.WaitFor(mutex_, timeout);
}

void GatewaySessions::Expel(absl::string_view tenant, absl::string_view gateway,
                            const absl::Status& status) {
  const std::shared_ptr<GatewayStream> stream = StreamOf(tenant, gateway);
  if (stream != nullptr) stream->Close(status);
}

void GatewaySessions::SendToTenant(absl::string_view tenant,
                                   const gateway::v1::MeshMessage& message) {
  std::vector<std::shared_ptr<GatewayStream>> streams;
  {
    MutexLock lock(mutex_);
    for (const auto& [key, entry] : entries_) {
      if (entry.session.tenant == tenant && entry.stream != nullptr) {
        streams.push_back(entry.stream);
      }
    }
  }
  for (const auto& stream : streams) stream->Enqueue(message).IgnoreError();
}

std::vector<GatewaySession> GatewaySessions::List() const {
  std::vector<GatewaySession> sessions;
  MutexLock lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (entry.stream != nullptr) sessions.push_back(entry.session);
  }
  return sessions;
}

absl::optional<GatewaySession> GatewaySessions::Find(
    absl::string_view tenant, absl::string_view gateway) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(KeyOf(tenant, gateway));
  if (found == entries_.end()) return absl::nullopt;
  const Entry& entry = found->second;
  if (entry.stream == nullptr &&
      clock_.Uptime() - entry.gone_at > presence_grace_) {
    return absl::nullopt;
  }
  return entry.session;
}

absl::Status GatewaySessions::Send(absl::string_view tenant,
                                   absl::string_view gateway,
                                   gateway::v1::MeshMessage message) {
  const std::shared_ptr<GatewayStream> stream = StreamOf(tenant, gateway);
  if (stream != nullptr) return stream->Enqueue(std::move(message));
  return WithRetry(
      Error(reason::kGatewayOffline, "the gateway is not connected",
            {{"gateway", std::string(gateway)}}),
      absl::Seconds(5));
}

std::shared_ptr<GatewayStream> GatewaySessions::StreamOf(
    absl::string_view tenant, absl::string_view gateway) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(KeyOf(tenant, gateway));
  return found == entries_.end() ? nullptr : found->second.stream;
}

std::string GatewaySessions::KeyOf(absl::string_view tenant,
                                   absl::string_view gateway) {
  return absl::StrCat(tenant, "/", gateway);
}

}  // namespace u2fi::command_gate
