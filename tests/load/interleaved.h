#ifndef U2FI_TESTS_LOAD_INTERLEAVED_H_
#define U2FI_TESTS_LOAD_INTERLEAVED_H_

#include <time.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace u2fi::load {

// Calls per second of two pieces of work.
struct Rates {
  double ours = 0;
  double baseline = 0;
};

// The time that passes, and the processor time of the calling thread, in
// seconds.
inline double WallSeconds() {
  const std::chrono::duration<double> now =
      std::chrono::steady_clock::now().time_since_epoch();
  return now.count();
}
inline double ThreadCpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) / 1e9;
}

// Runs the two in turn, `calls` each a round, so that whatever else the machine
// does hits both. The figure is that of the median round by ratio. Work that
// never waits is measured by ThreadCpuSeconds(), which does not count the time
// of others on the same core.
inline Rates MeasureInterleaved(int rounds, int calls,
                                const std::function<void()>& ours,
                                const std::function<void()>& baseline,
                                double (*seconds)() = WallSeconds) {
  const auto rate = [calls, seconds](const std::function<void()>& work) {
    const double start = seconds();
    for (int i = 0; i < calls; ++i) work();
    return calls / (seconds() - start);
  };
  std::vector<Rates> measured;
  for (int i = 0; i < rounds; ++i) {
    // Whoever is second finds the caches warm: take turns.
    Rates round;
    if (i % 2 == 0) {
      round.ours = rate(ours);
      round.baseline = rate(baseline);
    } else {
      round.baseline = rate(baseline);
      round.ours = rate(ours);
    }
    measured.push_back(round);
  }
  std::sort(measured.begin(), measured.end(),
            [](const Rates& a, const Rates& b) {
              return a.ours * b.baseline < b.ours * a.baseline;
            });
  return measured[measured.size() / 2];
}

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_INTERLEAVED_H_
