#include "services/common/store/waker.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace u2fi::store {
namespace {

// Rounded up, so that a wait never ends just before its time.
int PollMillis(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return -1;
  const absl::Duration rounded =
      std::clamp(timeout, absl::ZeroDuration(), absl::Hours(1)) +
      absl::Milliseconds(1) - absl::Nanoseconds(1);
  return static_cast<int>(absl::ToInt64Milliseconds(rounded));
}

}  // namespace

Waker::Waker() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Waker::~Waker() { close(event_); }

void Waker::Wake() {
  const uint64_t one = 1;
  // Fails only when the counter is full: then the thread wakes anyway.
  (void)!write(event_, &one, sizeof(one));
}

void Waker::Wait(int fd, bool writing, absl::Duration timeout) {
  pollfd fds[2] = {
      {fd, static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), 0},
      {event_, POLLIN, 0}};
  if (poll(fds, 2, PollMillis(timeout)) > 0 && fds[1].revents != 0) {
    uint64_t count = 0;
    (void)!read(event_, &count, sizeof(count));
  }
}

}  // namespace u2fi::store
