#include "services/common/store/local_hints.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace u2fi::store {
namespace {

std::string Channel(const Partition& partition, absl::string_view topic) {
  return absl::StrCat(partition.Name(), "!", topic);
}

}  // namespace

LocalHints::LocalHints() : thread_([this] { Run(); }) {}

LocalHints::~LocalHints() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void LocalHints::Publish(const Partition& partition, absl::string_view topic,
                         absl::string_view payload) {
  Enqueue({Channel(partition, topic),
           {false, std::string(payload)},
           board_.Added()});
}

std::unique_ptr<Subscription> LocalHints::Subscribe(
    const Partition& partition, absl::string_view topic,
    HintBoard::Callback callback) {
  return board_.Add(Channel(partition, topic), std::move(callback));
}

void LocalHints::TellAllToReadAgain() { Enqueue({"", {true, ""}, 0}); }

void LocalHints::Enqueue(Queued queued) {
  MutexLock lock(mutex_);
  if (queue_.size() >= kMaxQueued) {
    queue_.clear();
    queued = {"", {true, ""}, 0};
  }
  queue_.push_back(std::move(queued));
  changed_.NotifyAll();
}

void LocalHints::Flush() {
  MutexLock lock(mutex_);
  while (!queue_.empty() || delivering_) changed_.Wait(mutex_);
}

void LocalHints::Run() {
  MutexLock lock(mutex_);
  while (true) {
    while (queue_.empty() && !stopping_) changed_.Wait(mutex_);
    if (stopping_) return;
    const Queued next = std::move(queue_.front());
    queue_.pop_front();
    delivering_ = true;
    mutex_.Unlock();
    Deliver(next);
    mutex_.Lock();
    delivering_ = false;
    changed_.NotifyAll();
  }
}

void LocalHints::Deliver(const Queued& queued) {
  if (queued.channel.empty()) {
    board_.DeliverToAll(queued.hint);
  } else {
    board_.Deliver(queued.channel, queued.hint, queued.listeners);
  }
}

}  // namespace u2fi::store
