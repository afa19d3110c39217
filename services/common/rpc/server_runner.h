#ifndef U2FI_SERVICES_COMMON_RPC_SERVER_RUNNER_H_
#define U2FI_SERVICES_COMMON_RPC_SERVER_RUNNER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "services/common/rpc/health_server.h"
#include "services/common/rpc/server.h"
#include "services/common/sync/sync.h"

namespace u2fi::rpc {

// The life of a process that serves, from the first call to the last. All
// methods but Stop() are for one thread.
class ServerRunner {
 public:
  // Running calls get `grace` to end when it is time to stop.
  explicit ServerRunner(absl::Duration grace) : grace_(grace) {}

  // Servers stop in the order they were added: first those that others call.
  void Add(std::unique_ptr<Server> server);
  // At most once. Its names are SERVING while Serve() runs, until the stop.
  void SetHealth(std::unique_ptr<HealthServer> health);
  // What to do between "not serving" and the end of the servers, for example to
  // tell agents to go elsewhere; it gets the time by which it must be done.
  void OnDrain(std::function<void(absl::Time deadline)> drain);

  // What to do at the start and then about once a minute while serving, on the
  // thread of Serve(); quick things only.
  void EveryMinute(std::function<void()> task);
  // The same about every ten seconds.
  void EveryTenSeconds(std::function<void()> task);

  // Serves until SIGTERM, SIGINT or Stop(). Then: health says NOT_SERVING, the
  // drains run, the servers take no more calls, running calls end or are
  // cancelled when the grace is over, and the servers are gone: what they refer
  // to may go before this object does. Once.
  void Serve();

  // Makes Serve() end. Thread-safe, may be called before Serve().
  void Stop();

 private:
  struct Task {
    // Every so many rounds of ten seconds.
    int rounds;
    std::function<void()> run;
  };

  void WorkUntilStop();
  // False after ten seconds.
  bool WaitForStop();

  const absl::Duration grace_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::unique_ptr<HealthServer> health_;
  std::vector<std::function<void(absl::Time)>> drains_;
  std::vector<Task> tasks_;
  Mutex mutex_;
  CondVar changed_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_SERVER_RUNNER_H_
