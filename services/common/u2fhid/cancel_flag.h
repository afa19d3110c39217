#ifndef U2FI_SERVICES_COMMON_U2FHID_CANCEL_FLAG_H_
#define U2FI_SERVICES_COMMON_U2FHID_CANCEL_FLAG_H_

#include "absl/time/time.h"
#include "services/common/sync/sync.h"

namespace u2fi::u2fhid {

// Lets one thread end what another one waits for: the person said no, the
// command was cancelled, the agent stops. Once set it stays set. Thread-safe.
class CancelFlag {
 public:
  // Ends the wait, now and for ever.
  void Cancel() {
    MutexLock lock(mutex_);
    cancelled_ = true;
    changed_.NotifyAll();
  }

  // True after Cancel().
  bool cancelled() const {
    MutexLock lock(mutex_);
    return cancelled_;
  }

  // Sleeps for `duration` of real time; Cancel() wakes it at once. It may wake
  // a little early for no reason.
  void SleepFor(absl::Duration duration) {
    MutexLock lock(mutex_);
    if (!cancelled_) changed_.WaitFor(mutex_, duration);
  }

 private:
  mutable Mutex mutex_;
  CondVar changed_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

// How long a caller is ready to wait, and how it can change its mind.
struct WaitLimit {
  // An instant of Clock::Uptime(), not a length of time.
  absl::Duration deadline;
  // Outlives the wait.
  CancelFlag& cancel;
};

}  // namespace u2fi::u2fhid

#endif  // U2FI_SERVICES_COMMON_U2FHID_CANCEL_FLAG_H_
