#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_HINTS_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_HINTS_H_

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "services/common/store/hint_board.h"
#include "services/common/store/redis_dialer.h"
#include "services/common/store/waker.h"
#include "services/common/sync/sync.h"
#include "services/common/time/backoff.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// The subscriptions of one process: one connection, made when the first
// subscriber comes, remade with backoff, and probed by PING when it is silent.
// Whenever it has been remade, each subscriber is told to read again.
// Thread-safe.
class RedisHints {
 public:
  // All three must outlive this object.
  RedisHints(const RedisDialer& dialer, const Clock& clock,
             RandomSource& random);
  // All subscriptions must be gone.
  ~RedisHints();

  // Blocks until the server has confirmed. STORE_UNAVAILABLE.
  absl::StatusOr<std::unique_ptr<Subscription>> Subscribe(
      const std::string& channel, HintBoard::Callback callback,
      absl::Duration timeout);

  // Connects anew: another server may be the master by now.
  void Redial();

 private:
  class Entry;
  // A SUBSCRIBE that is out; the server confirms them in order.
  struct Ticket {
    std::string channel;
    // Who waits, by number; zero for a subscription made again.
    uint64_t waiter = 0;
  };

  void Leave(const std::string& channel);
  void Run();
  absl::Status Serve(RedisConnection& connection);
  void SubscribeAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status SendCommands(RedisConnection& connection);
  absl::Status Probe(RedisConnection& connection, bool heard);
  absl::Status Take(const redisReply& reply);
  absl::Status TakeConfirmation();
  bool WaitForListeners();
  bool Pause(absl::Duration duration);
  bool Redialing();

  const RedisDialer& dialer_;
  const Clock& clock_;
  Backoff backoff_;
  Waker waker_;
  HintBoard board_;
  // When the server last said something. Only the thread uses it.
  absl::Duration heard_;
  bool probing_ = false;

  Mutex mutex_;
  CondVar changed_;
  // Commands that the thread must send, and tickets of those it has queued.
  std::deque<std::string> commands_ ABSL_GUARDED_BY(mutex_);
  std::deque<Ticket> tickets_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_waiter_ ABSL_GUARDED_BY(mutex_) = 0;
  std::set<uint64_t> waiting_ ABSL_GUARDED_BY(mutex_);
  // Channels that have been confirmed, on this connection or an earlier one.
  std::set<std::string> confirmed_ ABSL_GUARDED_BY(mutex_);
  bool redial_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_HINTS_H_
