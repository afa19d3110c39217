#ifndef U2FI_SERVICES_COMMON_STORE_REDIS_LANE_H_
#define U2FI_SERVICES_COMMON_STORE_REDIS_LANE_H_

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "services/common/random/random_source.h"
#include "services/common/store/redis_dialer.h"
#include "services/common/store/waker.h"
#include "services/common/sync/sync.h"
#include "services/common/time/backoff.h"
#include "services/common/time/clock.h"

namespace u2fi::store {

// One connection to the master that many callers share: a thread of its own
// writes what they ask in one go and hands the replies out in order. It
// reconnects by itself, with backoff. A connection on which nothing has moved
// for the answer time-out while replies are expected, or that answers as no
// master does, is given up. Thread-safe.
class RedisLane {
 public:
  struct Answer {
    enum class Kind {
      kReply,    // `reply` is there; it may be an error reply.
      kNotSent,  // The server has not seen and will not see the command.
      kLost,     // The server may have executed it, or may still do so.
    };
    Kind kind = Kind::kNotSent;
    RedisReply reply = nullptr;
    // With kAwaitReplicas: how many have everything up to this command.
    int64_t replicas = 0;
    // The reply said that this server is no ready master: the lane looks for
    // another one. The command had no effect.
    bool refused = false;
    // Why there is no reply.
    std::string cause;
  };

  enum Flags {
    kNone = 0,
    // The answer comes when the replicas of the options have the write, or
    // when half of the answer time-out has passed. Commands that are written
    // together share one WAIT, which holds up everything behind it: give such
    // commands a lane of their own. One WAIT is out at a time.
    kAwaitReplicas = 1,
    // Waits for a reconnection until `timeout`. Others fail as soon as an
    // attempt to connect has failed.
    kPatient = 2,
  };

  // All three must outlive the lane.
  RedisLane(const RedisDialer& dialer, const Clock& clock,
            RandomSource& random);
  // Ends what still waits as kNotSent or kLost.
  ~RedisLane();

  // False if the last attempt to connect has failed.
  bool Up();

  // Connects anew, once what was sent is answered: another server may be the
  // master by now.
  void Redial();

  // Sends an encoded command and blocks for its reply.
  Answer Call(std::string command, absl::Duration timeout, int flags = kNone);

 private:
  enum class State { kQueued, kSent, kDone };
  struct Request {
    std::string command;
    int flags = kNone;
    State state = State::kQueued;
    Answer answer;
    CondVar done;
  };
  using RequestPtr = std::shared_ptr<Request>;
  // A command that is out, oldest first: a request's, or a WAIT's, which then
  // completes the requests that it covers.
  struct Expected {
    RequestPtr request;
    std::vector<RequestPtr> covered;
    absl::Duration sent;
  };

  void Run();
  // Serves callers until the connection breaks.
  absl::Status Serve(RedisConnection& connection);
  absl::Status SendQueued(RedisConnection& connection);
  absl::Status SendWait(RedisConnection& connection,
                        std::vector<RequestPtr> covered);
  absl::Status TakeReplies(std::vector<RedisReply> replies);
  absl::Status TakeReply(RedisReply reply)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How long the connection may still be silent while replies are expected.
  absl::Duration Patience(const RedisConnection& connection);
  bool HasQueued() ABSL_LOCKS_EXCLUDED(mutex_);
  bool Redialing() ABSL_LOCKS_EXCLUDED(mutex_);

  void Complete(Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(Request& request, Answer::Kind kind, const std::string& cause)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LoseSent(const std::string& cause);
  void RefuseQueued(const std::string& cause);
  // False when the lane is being destroyed.
  bool Pause(absl::Duration duration);
  bool Stopping();

  const RedisDialer& dialer_;
  const Clock& clock_;
  Backoff backoff_;
  Waker waker_;
  // Only the thread uses these. While a WAIT is out, nothing follows it.
  std::deque<Expected> sent_;
  bool waiting_ = false;
  // Bytes moved when the thread last looked, and when they had grown.
  uint64_t moved_ = 0;
  absl::Duration progress_;

  Mutex mutex_;
  CondVar stop_;
  std::deque<RequestPtr> queue_ ABSL_GUARDED_BY(mutex_);
  bool asleep_ ABSL_GUARDED_BY(mutex_) = false;
  // Why the last attempt to connect failed; empty if it did not.
  std::string down_ ABSL_GUARDED_BY(mutex_);
  bool redial_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_REDIS_LANE_H_
