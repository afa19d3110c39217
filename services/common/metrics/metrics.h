#ifndef U2FI_SERVICES_COMMON_METRICS_METRICS_H_
#define U2FI_SERVICES_COMMON_METRICS_METRICS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
class Registry;
}  // namespace prometheus

namespace u2fi::metrics {

// Metrics for Prometheus. Every family is declared once, at start, with all
// its rows of label values, which all exist from then on at zero: rates work
// from the first event, and nobody outside can make new series. A row that was
// not declared counts as the row "other". What cannot be declared (a bad or
// repeated name, a row of the wrong length, more than kMaxRows rows) ends the
// process: it is a mistake in the program.
//
// Handles stay valid as long as the registry, are cheap to copy, and
// thread-safe.

// Most rows of one family.
inline constexpr size_t kMaxRows = 10'000;

// Goes up only.
class Counter {
 public:
  explicit Counter(prometheus::Counter* counter) : counter_(counter) {}
  void Add(double amount = 1) const;  // amount ≥ 0
  double Value() const;

 private:
  prometheus::Counter* counter_;
};

// Goes up and down.
class Gauge {
 public:
  explicit Gauge(prometheus::Gauge* gauge) : gauge_(gauge) {}
  void Set(double value) const;
  void Add(double amount) const;
  double Value() const;

 private:
  prometheus::Gauge* gauge_;
};

// Counts values by size.
class Histogram {
 public:
  explicit Histogram(prometheus::Histogram* histogram)
      : histogram_(histogram) {}
  void Observe(double value) const;

 private:
  prometheus::Histogram* histogram_;
};

// What a family is and which rows it has.
struct Family {
  // Prometheus' form; counters end in _total, times in _seconds.
  std::string name;
  // A sentence.
  std::string help;
  // Names of the labels; none: one row.
  std::vector<std::string> labels;
  // Each as long as `labels`. The row of "other" is added.
  std::vector<std::vector<std::string>> rows;
};

// All combinations, one value from each list.
std::vector<std::vector<std::string>> Combinations(
    const std::vector<std::vector<std::string>>& lists);

// The rows of one family. Metric is Counter, Gauge or Histogram.
template <typename Metric>
class Rows {
 public:
  // The metric of the row with these values. Look it up once where the row is
  // known beforehand. A family without labels has the row {}.
  Metric At(const std::vector<std::string>& values) const {
    const auto row = rows_.find(values);
    return row == rows_.end() ? rows_.find(other_)->second : row->second;
  }

 private:
  friend class Registry;
  std::map<std::vector<std::string>, Metric> rows_;
  std::vector<std::string> other_;
};

// All families of a process.
class Registry {
 public:
  Registry();
  ~Registry();

  Rows<Counter> Counters(const Family& family);
  Rows<Gauge> Gauges(const Family& family);
  // `buckets` are ascending upper bounds.
  Rows<Histogram> Histograms(const Family& family,
                             const std::vector<double>& buckets);

  // What a scrape gets: Prometheus' text format 0.0.4.
  std::string Text() const;

 private:
  friend class Exposer;
  std::shared_ptr<prometheus::Registry> registry_;
};

// Upper bounds in seconds for what takes 100 µs to 10 s.
const std::vector<double>& SecondsBuckets();

// Declares u2fi_build_info{service,version} and sets it to 1.
void AddBuildInfo(Registry& registry, absl::string_view service,
                  absl::string_view version);

}  // namespace u2fi::metrics

#endif  // U2FI_SERVICES_COMMON_METRICS_METRICS_H_
