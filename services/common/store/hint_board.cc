#include "services/common/store/hint_board.h"

#include <algorithm>
#include <utility>

namespace u2fi::store {

class HintBoard::Entry : public Subscription {
 public:
  Entry(HintBoard& board, std::string channel, Callback callback)
      : board_(board),
        channel_(std::move(channel)),
        callback_(std::move(callback)) {
    MutexLock lock(board_.mutex_);
    number_ = ++board_.added_;
    board_.entries_.push_back(this);
  }
  ~Entry() override {
    MutexLock lock(board_.mutex_);
    auto& entries = board_.entries_;
    entries.erase(std::find(entries.begin(), entries.end(), this));
    while (board_.running_ == this) board_.finished_.Wait(board_.mutex_);
  }

  const std::string& channel() const { return channel_; }
  uint64_t number() const { return number_; }
  void Call(const Hint& hint) const { callback_(hint); }

 private:
  HintBoard& board_;
  const std::string channel_;
  const Callback callback_;
  uint64_t number_ = 0;
};

std::unique_ptr<Subscription> HintBoard::Add(const std::string& channel,
                                             Callback callback) {
  return std::make_unique<Entry>(*this, channel, std::move(callback));
}

uint64_t HintBoard::Added() const {
  MutexLock lock(mutex_);
  return added_;
}

void HintBoard::Deliver(const std::string& channel, const Hint& hint,
                        uint64_t added) {
  std::vector<Entry*> listeners;
  {
    MutexLock lock(mutex_);
    std::copy_if(entries_.begin(), entries_.end(),
                 std::back_inserter(listeners), [&](Entry* entry) {
                   return entry->channel() == channel &&
                          entry->number() <= added;
                 });
  }
  Call(listeners, hint);
}

void HintBoard::DeliverToAll(const Hint& hint) {
  std::vector<Entry*> all;
  {
    MutexLock lock(mutex_);
    all = entries_;
  }
  Call(all, hint);
}

void HintBoard::Call(const std::vector<Entry*>& entries, const Hint& hint) {
  MutexLock lock(mutex_);
  for (Entry* entry : entries) {
    // It may have gone while the lock was released.
    if (std::find(entries_.begin(), entries_.end(), entry) == entries_.end()) {
      continue;
    }
    running_ = entry;
    mutex_.Unlock();
    entry->Call(hint);
    mutex_.Lock();
    running_ = nullptr;
    finished_.NotifyAll();
  }
}

std::set<std::string> HintBoard::Channels() const {
  MutexLock lock(mutex_);
  std::set<std::string> channels;
  for (Entry* entry : entries_) channels.insert(entry->channel());
  return channels;
}

bool HintBoard::HasListener(const std::string& channel) const {
  return Channels().count(channel) != 0;
}

}  // namespace u2fi::store
