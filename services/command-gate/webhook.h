#ifndef U2FI_SERVICES_COMMAND_GATE_WEBHOOK_H_
#define U2FI_SERVICES_COMMAND_GATE_WEBHOOK_H_

#include <deque>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "services/command-gate/command_store.h"
#include "services/command-gate/command_watchers.h"
#include "services/command-gate/gate_metrics.h"
#include "services/command-gate/webhook_event.h"
#include "services/common/http/https_poster.h"
#include "services/common/random/random_source.h"
#include "services/common/sync/sync.h"
#include "services/common/time/backoff.h"
#include "services/common/time/clock.h"

namespace u2fi::command_gate {

// Tells one address of what waits for the people of a tenant, and that it waits
// no more. The gate only leaves the id of a command in a bounded queue; one
// thread (Run) reads the command and posts it. Of an event that finds the
// queue full the oldest goes.
//
// What still waits when the process begins is told again, with the same id: a
// WAITING reaches its address at least once, as long as that answers before
// the command's deadline. An ENDED is told if the process lives that long.
class Webhook {
 public:
  struct Options {
    std::string tenant;
    std::string url;
    // Of the HMAC over each body.
    std::string key;
    // Events that wait.
    size_t max_queue = 1000;
    // Commands that wait at a time.
    size_t max_followed = 100'000;
    // Tries of one event.
    int max_tries = 8;
    absl::Duration first_wait = absl::Milliseconds(500);
    absl::Duration longest_wait = absl::Seconds(20);
  };
  struct Parts {
    const Clock& clock;
    RandomSource& random;
    CommandStore& commands;
    CommandWatchers& watchers;
    GateMetrics& metrics;
  };

  // From now on it hears what happens. All of `parts` must outlive it.
  Webhook(const Parts& parts, std::unique_ptr<http::HttpsPoster> poster,
          Options options);

  // Takes steps until Stop(), for a thread of its own.
  void Run();
  // Thread-safe; ends what is on its way.
  void Stop();

  // Takes the next step, if it is time. How long until there is another one;
  // InfiniteDuration: until something happens. For one thread.
  absl::Duration Step();

 private:
  // An event that is being told.
  struct Current {
    WebhookEvent event;
    int tries = 0;
  };

  // Called under the watchers' lock: only hands over.
  void OnCommand(const StoredCommand& command);
  void Note(const records::v1::CommandRow& row)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Push(const records::v1::CommandRow& row, WebhookEvent::Kind kind)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Forgets what another replica must have ended.
  void DropOverdue() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // An event finds no room.
  void Lose() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Finds what waits since before this process.
  absl::Status List();
  // Takes the next event; false if there is none.
  bool Next();
  // From the command as it is now; empty if there is nothing to tell any more.
  absl::StatusOr<std::string> Body();
  // The current event is not true any more.
  void Forget();
  // Like Step().
  absl::Duration Post(const std::string& body);
  // The current event is done with.
  void Drop(const char* result, absl::string_view why);
  // Not now.
  absl::Duration Pause();
  // Another try, or none.
  absl::Duration Later(absl::string_view why);
  void LogLost();

  const Parts parts_;
  const std::unique_ptr<http::HttpsPoster> poster_;
  const Options options_;
  Backoff backoff_;
  // When the next step may be taken, by Uptime().
  absl::Duration not_before_;
  bool listed_ = false;
  absl::optional<Current> current_;

  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<WebhookEvent> queue_ ABSL_GUARDED_BY(mutex_);
  // Commands that wait for people, as far as it was heard, with their
  // approve-by in milliseconds since 1970.
  std::map<std::string, uint64_t> waiting_ ABSL_GUARDED_BY(mutex_);
  // Events that the queue had no room for since the last look.
  int lost_ ABSL_GUARDED_BY(mutex_) = 0;
  // Last: it hears as soon as it is there.
  std::unique_ptr<CommandWatchers::Watch> watch_;
};

}  // namespace u2fi::command_gate

#endif  // U2FI_SERVICES_COMMAND_GATE_WEBHOOK_H_
