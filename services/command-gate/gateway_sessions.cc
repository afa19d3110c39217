#include "services/command-gate/gateway_sessions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

absl::Status Replaced() {
  return Error(reason::kStreamReplaced,
               "a newer stream of this gateway took over");
}

}  // namespace

absl::StatusOr<GatewaySession> GatewaySessions::Add(
    GatewaySession session, std::shared_ptr<GatewayStream> stream) {
  std::shared_ptr<GatewayStream> former;
  {
    MutexLock lock(mutex_);
    Entry& entry = entries_[KeyOf(session.tenant, session.gateway)];
    if (session.generation == 0) {
      session.generation = std::max(entry.session.generation + 1,
                                    static_cast<uint64_t>(UnixMillis(clock_)));
    } else if (session.generation <= entry.session.generation) {
      return Replaced();
    }
    former = std::move(entry.stream);
    if (former == nullptr) ++streams_;
    entry.session = session;
    entry.stream = std::move(stream);
  }
  if (former != nullptr) former->Close(Replaced());
  return session;
}

void GatewaySessions::Remove(const GatewaySession& session) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(KeyOf(session.tenant, session.gateway));
  if (found == entries_.end() ||
      found->second.session.generation != session.generation) {
    return;
  }
  End(found->second);
}

void GatewaySessions::End(Entry& entry) {
  if (entry.stream == nullptr) return;
  entry.stream.reset();
  entry.gone_at = clock_.Uptime();
  if (--streams_ == 0) empty_.NotifyAll();
}

void GatewaySessions::WaitUntilEmpty(absl::Duration timeout) {
  MutexLock lock(mutex_);
  bool in_time = true;
  while (streams_ > 0 && in_time) in_time = empty_.WaitFor(mutex_, timeout);
}

void GatewaySessions::Expel(absl::string_view tenant, absl::string_view gateway,
                            const absl::Status& status) {
  // First: whoever joins without having been found sees it.
  ++news_;
  std::shared_ptr<GatewayStream> stream;
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(KeyOf(tenant, gateway));
    if (found != entries_.end()) stream = found->second.stream;
  }
  if (stream != nullptr) stream->Close(status);
}

absl::optional<GatewaySession> GatewaySessions::CloseOlder(
    absl::string_view tenant, absl::string_view gateway, uint64_t generation) {
  std::shared_ptr<GatewayStream> stream;
  absl::optional<GatewaySession> used;
  {
    MutexLock lock(mutex_);
    const auto found = entries_.find(KeyOf(tenant, gateway));
    if (found == entries_.end()) return absl::nullopt;
    Entry& entry = found->second;
    if (entry.session.generation >= generation) return absl::nullopt;
    stream = entry.stream;
    End(entry);
    if (clock_.Uptime() - entry.sent_at <= kMayBeLost) used = entry.session;
    entry.sent_at = -absl::InfiniteDuration();
  }
  if (stream != nullptr) stream->Close(Replaced());
  return used;
}

std::vector<std::shared_ptr<GatewayStream>> GatewaySessions::Streams() const {
  std::vector<std::shared_ptr<GatewayStream>> streams;
  MutexLock lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (entry.stream != nullptr) streams.push_back(entry.stream);
  }
  return streams;
}

void GatewaySessions::CloseSilent(absl::Duration longest) {
  for (const auto& stream : Streams()) {
    if (stream->silence() <= longest) continue;
    stream->Close(WithRetry(
        Error(reason::kGatewayOffline, "no heartbeat came for too long"),
        absl::Seconds(5)));
  }
}

void GatewaySessions::SendToTenant(absl::string_view tenant,
                                   const gateway::v1::MeshMessage& message) {
  ++news_;
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

absl::StatusOr<absl::optional<GatewaySession>> GatewaySessions::Find(
    absl::string_view tenant, absl::string_view gateway) {
  return FindHere(tenant, gateway);
}

bool GatewaySessions::Holds(absl::string_view tenant,
                            absl::string_view gateway) const {
  MutexLock lock(mutex_);
  const auto found = entries_.find(KeyOf(tenant, gateway));
  return found != entries_.end() && found->second.stream != nullptr;
}

absl::optional<GatewaySession> GatewaySessions::FindHere(
    absl::string_view tenant, absl::string_view gateway) const {
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
  ASSIGN_OR_RETURN(const std::shared_ptr<GatewayStream> stream,
                   ToSend(message, tenant, gateway, absl::nullopt));
  return stream->Enqueue(std::move(message));
}

absl::StatusOr<size_t> GatewaySessions::SendAt(
    absl::string_view tenant, absl::string_view gateway, uint64_t generation,
    gateway::v1::MeshMessage message) {
  ASSIGN_OR_RETURN(const std::shared_ptr<GatewayStream> stream,
                   ToSend(message, tenant, gateway, generation));
  const size_t queued = stream->queued();
  RETURN_IF_ERROR(stream->Enqueue(std::move(message)));
  return queued;
}

absl::StatusOr<std::shared_ptr<GatewayStream>> GatewaySessions::ToSend(
    const gateway::v1::MeshMessage& message, absl::string_view tenant,
    absl::string_view gateway, absl::optional<uint64_t> generation) {
  MutexLock lock(mutex_);
  const auto found = entries_.find(KeyOf(tenant, gateway));
  if (found == entries_.end() || found->second.stream == nullptr) {
    return WithRetry(
        Error(reason::kGatewayOffline, "the gateway is not connected",
              {{"gateway", std::string(gateway)}}),
        absl::Seconds(5));
  }
  Entry& entry = found->second;
  if (generation.has_value() && entry.session.generation != *generation) {
    return Error(reason::kStreamStale, "the gateway has another stream here",
                 {{"gateway", std::string(gateway)}});
  }
  if (!message.has_drain() && !message.has_result_ack()) {
    entry.sent_at = clock_.Uptime();
  }
  return entry.stream;
}

std::string GatewaySessions::KeyOf(absl::string_view tenant,
                                   absl::string_view gateway) {
  return absl::StrCat(tenant, "/", gateway);
}

}  // namespace u2fi::command_gate
