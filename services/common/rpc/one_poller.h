#ifndef U2FI_SERVICES_COMMON_RPC_ONE_POLLER_H_
#define U2FI_SERVICES_COMMON_RPC_ONE_POLLER_H_

#include <memory>

#include "absl/time/time.h"

namespace u2fi::rpc {

// gRPC 1.51 runs the callbacks of a process on half as many threads as there
// are cores, at least two, which take turns: one waits for the sockets, and at
// each event it first wakes another one to wait in its place. Where there are
// two, that is a quarter of all context switches of a command. While this
// object lives one of the two rests, so the other stays where it is.
//
// So there is only one thread for callbacks, which must not block (README.md).
// Larger machines keep all their threads.
class OnePoller {
 public:
  // Blocks for at most `wait` for each of two steps; a gRPC that does not do
  // what is said above is left alone.
  explicit OnePoller(absl::Duration wait = absl::Seconds(5));
  // The thread works again. Not on a thread of gRPC.
  ~OnePoller();
  OnePoller(const OnePoller&) = delete;
  OnePoller& operator=(const OnePoller&) = delete;

  // Whether a thread rests.
  bool resting() const { return rest_ != nullptr; }

 private:
  class Rest;

  std::unique_ptr<Rest> rest_;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_ONE_POLLER_H_
