#ifndef U2FI_SERVICES_COMMON_STORE_WAKER_H_
#define U2FI_SERVICES_COMMON_STORE_WAKER_H_

#include "absl/time/time.h"

namespace u2fi::store {

// Lets other threads end a thread's poll() on a socket. Thread-safe, but only
// one thread waits.
class Waker {
 public:
  Waker();
  ~Waker();
  Waker(const Waker&) = delete;
  Waker& operator=(const Waker&) = delete;

  // Ends the present or else the next Wait.
  void Wake();

  // Blocks until `fd` can be read, or written if `writing`, or has an error, or
  // somebody calls Wake, or `timeout` (may be infinite) has passed.
  void Wait(int fd, bool writing, absl::Duration timeout);

 private:
  const int event_;
};

}  // namespace u2fi::store

#endif  // U2FI_SERVICES_COMMON_STORE_WAKER_H_
