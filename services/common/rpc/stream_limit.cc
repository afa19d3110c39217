#include "services/common/rpc/stream_limit.h"

#include <utility>

namespace u2fi::rpc {

StreamLimit::Place::Place(std::shared_ptr<StreamLimit> limit,
                          std::string caller)
    : limit_(std::move(limit)), caller_(std::move(caller)) {}

StreamLimit::Place::~Place() { limit_->GiveBack(caller_); }

std::shared_ptr<StreamLimit::Place> StreamLimit::Take(
    const std::string& caller) {
  {
    MutexLock lock(mutex_);
    const auto entry = open_.find(caller);
    if (entry != open_.end() && entry->second >= per_caller_) return nullptr;
    ++open_[caller];
  }
  return std::make_shared<Place>(shared_from_this(), caller);
}

void StreamLimit::GiveBack(const std::string& caller) {
  MutexLock lock(mutex_);
  const auto entry = open_.find(caller);
  if (--entry->second == 0) open_.erase(entry);
}

}  // namespace u2fi::rpc
