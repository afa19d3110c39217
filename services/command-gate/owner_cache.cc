#include "services/command-gate/owner_cache.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace u2fi::command_gate {

std::string OwnerCache::KeyOf(absl::string_view tenant,
                              absl::string_view gateway) {
  return absl::StrCat(tenant, "/", gateway);
}

OwnerCache::Answer OwnerCache::Find(absl::string_view tenant,
                                    absl::string_view gateway) {
  const std::string key = KeyOf(tenant, gateway);
  std::shared_ptr<Flight> own;
  const std::shared_ptr<Flight> other = Join(key, own);
  if (other != nullptr) {
    MutexLock lock(mutex_);
    return other->answer;
  }
  Answer answer = directory_.Find(tenant, gateway);
  MutexLock lock(mutex_);
  own->answer = answer;
  own->read_at = clock_.Uptime();
  own->under_way = false;
  own->landed.NotifyAll();
  const auto found = flights_.find(key);
  if (!answer.ok() && found != flights_.end() && found->second == own) {
    flights_.erase(found);
  }
  return answer;
}

std::shared_ptr<OwnerCache::Flight> OwnerCache::Join(
    const std::string& key, std::shared_ptr<Flight>& own) {
  MutexLock lock(mutex_);
  const auto found = flights_.find(key);
  if (found != flights_.end()) {
    std::shared_ptr<Flight> other = found->second;
    const bool waited = other->under_way;
    while (other->under_way) other->landed.Wait(mutex_);
    if (waited || clock_.Uptime() - other->read_at < kKeptFor) return other;
  }
  MakeRoom();
  own = std::make_shared<Flight>();
  flights_[key] = own;
  return nullptr;
}

void OwnerCache::MakeRoom() {
  if (flights_.size() < kMost) return;
  for (auto it = flights_.begin(); it != flights_.end();) {
    it = it->second->under_way ? std::next(it) : flights_.erase(it);
  }
}

void OwnerCache::Forget(absl::string_view tenant, absl::string_view gateway) {
  MutexLock lock(mutex_);
  flights_.erase(KeyOf(tenant, gateway));
}

void OwnerCache::ForgetTenant(absl::string_view tenant) {
  const std::string prefix = KeyOf(tenant, "");
  MutexLock lock(mutex_);
  auto it = flights_.lower_bound(prefix);
  while (it != flights_.end() && absl::StartsWith(it->first, prefix)) {
    it = flights_.erase(it);
  }
}

}  // namespace u2fi::command_gate
