#include "services/command-gate/directory_keeper.h"

#include "absl/strings/str_cat.h"
#include "services/common/logging/logging.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::command_gate {
namespace {

// A renewal is due when this part of the lease has passed.
constexpr int kRenewalsPerLease = 3;

const std::string& TenantOf(const GatewaySession& session) {
  return session.tenant;
}
const std::string& TenantOf(const GatewayDirectory::Closed& closed) {
  return closed.session.tenant;
}

// Adds `one` to the last group of its tenant that has room.
template <typename T>
void AddTo(std::map<std::string, std::vector<std::vector<T>>>& groups, T one) {
  std::vector<std::vector<T>>& own = groups[TenantOf(one)];
  if (own.empty() || own.back().size() >= GatewayDirectory::kMostAtOnce) {
    own.emplace_back();
  }
  own.back().push_back(std::move(one));
}

template <typename T>
std::vector<std::vector<T>> Flatten(
    std::map<std::string, std::vector<std::vector<T>>> groups) {
  std::vector<std::vector<T>> all;
  for (auto& [tenant, own] : groups) {
    for (std::vector<T>& group : own) all.push_back(std::move(group));
  }
  return all;
}

void Report(absl::string_view what, const std::string& tenant,
            const absl::Status& status) {
  if (status.ok()) return;
  logging::Warning(what, {{"tenant", tenant},
                          {"reason", ReasonOf(status)},
                          {"cause", std::string(status.message())}});
}

}  // namespace

std::string DirectoryKeeper::KeyOf(const GatewaySession& session) {
  return absl::StrCat(session.tenant, "/", session.gateway);
}

absl::StatusOr<GatewaySession> DirectoryKeeper::Claim(GatewaySession session) {
  ASSIGN_OR_RETURN(session, directory_.Claim(std::move(session)));
  {
    MutexLock lock(mutex_);
    Kept& kept = kept_[KeyOf(session)];
    if (kept.session.generation < session.generation) {
      kept = {session, clock_.Uptime(), clock_.Uptime()};
    }
  }
  listener_.moved(session);
  return session;
}

void DirectoryKeeper::Heard(const GatewaySession& session) {
  MutexLock lock(mutex_);
  const auto found = kept_.find(KeyOf(session));
  if (found != kept_.end() &&
      found->second.session.generation == session.generation) {
    found->second.heard_at = clock_.Uptime();
  }
}

void DirectoryKeeper::Gone(const GatewaySession& session) {
  MutexLock lock(mutex_);
  AddGone({session, clock_.Now()});
  const auto found = kept_.find(KeyOf(session));
  if (found != kept_.end() &&
      found->second.session.generation == session.generation) {
    kept_.erase(found);
  }
}

void DirectoryKeeper::AddGone(const GatewayDirectory::Closed& closed) {
  GatewayDirectory::Closed& last = gone_[KeyOf(closed.session)];
  if (last.session.generation < closed.session.generation) last = closed;
}

void DirectoryKeeper::Keep() {
  for (const auto& closed : TakeGone()) Release(closed);
  for (const auto& due : TakeDue()) Renew(due);
}

void DirectoryKeeper::CheckAll(absl::string_view tenant) {
  MutexLock lock(mutex_);
  for (auto& [key, kept] : kept_) {
    if (kept.session.tenant == tenant) {
      kept.renewed_at = -absl::InfiniteDuration();
    }
  }
}

// Once in a third of a lease, if a heartbeat came since the last time.
bool DirectoryKeeper::IsDue(const Kept& kept) const {
  if (kept.renewed_at == -absl::InfiniteDuration()) return true;
  return kept.heard_at > kept.renewed_at &&
         clock_.Uptime() - kept.renewed_at >=
             directory_.options().lease / kRenewalsPerLease;
}

std::vector<std::vector<GatewaySession>> DirectoryKeeper::TakeDue() {
  std::map<std::string, std::vector<std::vector<GatewaySession>>> groups;
  MutexLock lock(mutex_);
  for (auto& [key, kept] : kept_) {
    if (IsDue(kept)) AddTo(groups, kept.session);
  }
  return Flatten(std::move(groups));
}

void DirectoryKeeper::Renew(const std::vector<GatewaySession>& sessions) {
  const absl::Duration now = clock_.Uptime();
  const auto lost = directory_.Renew(sessions);
  Report("leases of gateways cannot be renewed", sessions[0].tenant,
         lost.status());
  if (!lost.ok()) return;
  {
    MutexLock lock(mutex_);
    for (const GatewaySession& session : sessions) {
      const auto found = kept_.find(KeyOf(session));
      if (found != kept_.end()) found->second.renewed_at = now;
    }
    for (const GatewaySession& session : *lost) {
      const auto found = kept_.find(KeyOf(session));
      if (found != kept_.end() &&
          found->second.session.generation == session.generation) {
        kept_.erase(found);
      }
    }
  }
  for (const GatewaySession& session : *lost) listener_.lost(session);
}

std::vector<std::vector<GatewayDirectory::Closed>> DirectoryKeeper::TakeGone() {
  std::map<std::string, std::vector<std::vector<GatewayDirectory::Closed>>>
      groups;
  MutexLock lock(mutex_);
  for (auto& [key, one] : gone_) AddTo(groups, std::move(one));
  gone_.clear();
  return Flatten(std::move(groups));
}

void DirectoryKeeper::Release(
    const std::vector<GatewayDirectory::Closed>& closed) {
  const absl::Status released = directory_.Release(closed);
  Report("gateways that left cannot be released", closed[0].session.tenant,
         released);
  if (released.ok()) {
    for (const auto& one : closed) listener_.moved(one.session);
    return;
  }
  // Until then others find out when they send there; the lease ends it.
  const absl::Time oldest = clock_.Now() - directory_.options().lease;
  MutexLock lock(mutex_);
  for (const auto& one : closed) {
    if (one.gone > oldest) AddGone(one);
  }
}

}  // namespace u2fi::command_gate
