#include "services/common/store/local_hints.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace u2fi::store {
namespace {

std::string Address(const Partition& partition, absl::string_view topic) {
  return absl::StrCat(partition.Name(), "!", topic);
}

}  // namespace

class LocalHints::Entry : public Subscription {
 public:
  Entry(LocalHints& hints, std::string address, Callback callback)
      : hints_(hints),
        address_(std::move(address)),
        callback_(std::move(callback)) {
    MutexLock lock(hints_.mutex_);
    hints_.entries_.push_back(this);
  }
  ~Entry() override {
    MutexLock lock(hints_.mutex_);
    auto& entries = hints_.entries_;
    entries.erase(std::find(entries.begin(), entries.end(), this));
    while (hints_.running_ == this) hints_.changed_.Wait(hints_.mutex_);
  }

  bool Wants(const std::string& address) const {
    return address.empty() || address == address_;
  }
  void Call(const Hint& hint) const { callback_(hint); }

 private:
  LocalHints& hints_;
  const std::string address_;
  const Callback callback_;
};

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
  Enqueue({Address(partition, topic), {false, std::string(payload)}});
}

std::unique_ptr<Subscription> LocalHints::Subscribe(const Partition& partition,
                                                    absl::string_view topic,
                                                    Callback callback) {
  return std::make_unique<Entry>(*this, Address(partition, topic),
                                 std::move(callback));
}

void LocalHints::TellAllToReadAgain() { Enqueue({"", {true, ""}}); }

void LocalHints::Enqueue(Queued queued) {
  MutexLock lock(mutex_);
  if (queue_.size() >= kMaxQueued) {
    queue_.clear();
    queued = {"", {true, ""}};
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
    Deliver(next);
    delivering_ = false;
    changed_.NotifyAll();
  }
}

void LocalHints::Deliver(const Queued& queued) {
  // Subscriptions may come and go while the lock is released for a call.
  const std::vector<Entry*> all = entries_;
  for (Entry* entry : all) {
    const bool alive =
        std::find(entries_.begin(), entries_.end(), entry) != entries_.end();
    if (!alive || !entry->Wants(queued.address)) continue;
    running_ = entry;
    mutex_.Unlock();
    entry->Call(queued.hint);
    mutex_.Lock();
    running_ = nullptr;
    changed_.NotifyAll();
  }
}

}  // namespace u2fi::store
