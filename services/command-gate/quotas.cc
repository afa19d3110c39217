#include "services/command-gate/quotas.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "services/common/status/error.h"

namespace u2fi::command_gate {
namespace {

double Leaked(uint32_t per_minute, absl::Duration passed) {
  return per_minute * absl::FDivDuration(passed, absl::Minutes(1));
}

}  // namespace

std::vector<Quotas::Use> Quotas::UsesOf(const Request& request) const {
  std::vector<Use> uses = {
      {absl::StrCat("a/", request.tenant, "/", request.account), "account",
       options_.account_per_minute}};
  const std::set<std::string> gateways(request.gateways.begin(),
                                       request.gateways.end());
  for (const std::string& gateway : gateways) {
    if (gateway.empty()) continue;
    uses.push_back({absl::StrCat("g/", request.tenant, "/", gateway), "gateway",
                    options_.gateway_per_minute});
  }
  return uses;
}

double Quotas::LevelOf(const Use& use, absl::Duration now) const {
  const auto found = buckets_.find(use.key);
  if (found == buckets_.end()) return 0;
  return std::max(0.0, found->second.level -
                           Leaked(use.per_minute, now - found->second.at));
}

absl::Status Quotas::Check(const Request& request) {
  MutexLock lock(mutex_);
  for (const Use& use : UsesOf(request)) {
    const double over = LevelOf(use, request.now) + 1 - use.per_minute;
    if (over <= 0) continue;
    metrics_.CountQuota(use.quota);
    return WithRetry(Error(reason::kQuotaExceeded, "too many requests",
                           {{"quota", use.quota},
                            {"per_minute", absl::StrCat(use.per_minute)}}),
                     over * absl::Minutes(1) / use.per_minute);
  }
  return absl::OkStatus();
}

void Quotas::Count(const Request& request) {
  MutexLock lock(mutex_);
  for (const Use& use : UsesOf(request)) {
    const double level = LevelOf(use, request.now) + 1;
    if (buckets_.count(use.key) == 0) MakeRoom(request.now);
    buckets_[use.key] = {level, request.now};
  }
}

void Quotas::MakeRoom(absl::Duration now) {
  if (buckets_.size() < kMaxBuckets) return;
  for (auto it = buckets_.begin(); it != buckets_.end();) {
    // After a minute every bucket is empty.
    it = now - it->second.at >= absl::Minutes(1) ? buckets_.erase(it)
                                                 : std::next(it);
  }
  if (buckets_.size() < kMaxBuckets) return;
  buckets_.erase(std::min_element(buckets_.begin(), buckets_.end(),
                                  [](const auto& a, const auto& b) {
                                    return a.second.level < b.second.level;
                                  }));
}

size_t Quotas::size() const {
  MutexLock lock(mutex_);
  return buckets_.size();
}

}  // namespace u2fi::command_gate
