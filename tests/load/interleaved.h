#ifndef U2FI_TESTS_LOAD_INTERLEAVED_H_
#define U2FI_TESTS_LOAD_INTERLEAVED_H_

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

// Runs the two in turn, `calls` each a round, so that whatever else the machine
// does hits both. The figure is that of the median round by ratio.
inline Rates MeasureInterleaved(int rounds, int calls,
                                const std::function<void()>& ours,
                                const std::function<void()>& baseline) {
  using Clock = std::chrono::steady_clock;
  const auto rate = [calls](const std::function<void()>& work) {
    const auto start = Clock::now();
    for (int i = 0; i < calls; ++i) work();
    const std::chrono::duration<double> taken = Clock::now() - start;
    return calls / taken.count();
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
