#include "services/common/rpc/stream_limit.h"

#include <utility>

namespace u2fi::rpc {

StreamLimit::Place::Place(std::shared_ptr<StreamLimit> limit,
                          std::string caller, int64_t amount)
    : limit_(std::move(limit)), caller_(std::move(caller)), amount_(amount) {}

StreamLimit::Place::~Place() { limit_->GiveBack(caller_, amount_); }

std::shared_ptr<StreamLimit::Place> StreamLimit::Take(const std::string& caller,
                                                      int64_t amount) {
  {
    MutexLock lock(mutex_);
    const auto entry = open_.find(caller);
    const int64_t taken = entry == open_.end() ? 0 : entry->second;
    if (amount > per_caller_ - taken) return nullptr;
    open_[caller] += amount;
  }
  return std::make_shared<Place>(shared_from_this(), caller, amount);
}

void StreamLimit::GiveBack(const std::string& caller, int64_t amount) {
  MutexLock lock(mutex_);
  const auto entry = open_.find(caller);
  entry->second -= amount;
  if (entry->second == 0) open_.erase(entry);
}

}  // namespace u2fi::rpc
