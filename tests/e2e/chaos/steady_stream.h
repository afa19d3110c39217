#ifndef U2FI_TESTS_E2E_CHAOS_STEADY_STREAM_H_
#define U2FI_TESTS_E2E_CHAOS_STEADY_STREAM_H_

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "services/common/sync/sync.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {

// Clients who go on asking whatever happens: four commands of five are
// critical, at gateways and gates in turn. A client asks with one request id
// until it has an answer.
class SteadyStream {
 public:
  struct Options {
    int clients = 4;
    // Of each client between two commands.
    absl::Duration pause = absl::Milliseconds(400);
    int gateways = 1;
    int gates = 1;
  };

  // Runs from now on. `site` must outlive this object.
  SteadyStream(ProcessSite& site, const Options& options);
  ~SteadyStream();

  // Every client finishes what it is at.
  void Stop();

  struct Acknowledged {
    std::string name;
    // When, and how often it was asked for until then.
    absl::Time time;
    int calls = 0;
  };
  // The commands that were acknowledged. After Stop().
  std::vector<Acknowledged> acknowledged() const;
  // Of the requests that nobody ever answered or that were refused: how many
  // for which reason. After Stop().
  std::map<std::string, int> unanswered() const;

 private:
  void Run(int client);
  void Ask(int gateway, int gate, bool critical);

  ProcessSite& site_;
  const Options options_;
  std::atomic<bool> stopping_{false};
  mutable Mutex mutex_;
  std::vector<Acknowledged> acknowledged_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> unanswered_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> clients_;
};

}  // namespace u2fi::e2e

#endif  // U2FI_TESTS_E2E_CHAOS_STEADY_STREAM_H_
