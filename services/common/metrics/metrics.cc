#include "services/common/metrics/metrics.h"

#include <algorithm>
#include <cstdlib>
#include <exception>

#include "absl/base/internal/raw_logging.h"
#include "absl/strings/match.h"
#include "prometheus/check_names.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace u2fi::metrics {
namespace {

constexpr char kOther[] = "other";

void Require(bool condition, const Family& family, const char* rule) {
  if (condition) return;
  ABSL_RAW_LOG(FATAL, "metric %s: %s", family.name.c_str(), rule);
}

void Check(const Family& family) {
  Require(prometheus::CheckMetricName(family.name), family, "bad name");
  Require(!family.help.empty(), family, "has no help");
  Require(family.rows.size() <= kMaxRows, family, "has too many rows");
  for (const std::string& label : family.labels) {
    Require(prometheus::CheckLabelName(label), family, "bad label");
  }
  for (const auto& row : family.rows) {
    Require(row.size() == family.labels.size(), family,
            "has a row of another length");
  }
}

std::map<std::string, std::string> LabelsOf(
    const Family& family, const std::vector<std::string>& row) {
  std::map<std::string, std::string> labels;
  for (size_t i = 0; i < row.size(); ++i) labels[family.labels[i]] = row[i];
  return labels;
}

// The declared rows and the row "other".
std::vector<std::vector<std::string>> AllRows(const Family& family) {
  std::vector<std::vector<std::string>> rows = family.rows;
  rows.emplace_back(family.labels.size(), kOther);
  return rows;
}

// Declares `family` by a builder of its kind. The registry throws if the name
// is taken.
template <typename Builder>
auto& Declare(Builder builder, const Family& family,
              prometheus::Registry& registry) {
  try {
    return builder.Name(family.name).Help(family.help).Register(registry);
  } catch (const std::exception& error) {
    Require(false, family, error.what());
    std::abort();
  }
}

}  // namespace

void Counter::Add(double amount) const { counter_->Increment(amount); }
double Counter::Value() const { return counter_->Value(); }
void Gauge::Set(double value) const { gauge_->Set(value); }
void Gauge::Add(double amount) const { gauge_->Increment(amount); }
double Gauge::Value() const { return gauge_->Value(); }
void Histogram::Observe(double value) const { histogram_->Observe(value); }

std::vector<std::vector<std::string>> Combinations(
    const std::vector<std::vector<std::string>>& lists) {
  std::vector<std::vector<std::string>> rows = {{}};
  for (const auto& list : lists) {
    std::vector<std::vector<std::string>> longer;
    for (const auto& row : rows) {
      for (const std::string& value : list) {
        longer.push_back(row);
        longer.back().push_back(value);
      }
    }
    rows = std::move(longer);
  }
  return rows;
}

Registry::Registry()
    : registry_(std::make_shared<prometheus::Registry>(
          prometheus::Registry::InsertBehavior::Throw)) {}
Registry::~Registry() = default;

Rows<Counter> Registry::Counters(const Family& family) {
  Check(family);
  Require(absl::EndsWith(family.name, "_total"), family,
          "a counter ends in _total");
  auto& built = Declare(prometheus::BuildCounter(), family, *registry_);
  Rows<Counter> rows;
  rows.other_.assign(family.labels.size(), kOther);
  for (const auto& row : AllRows(family)) {
    rows.rows_.emplace(row, Counter(&built.Add(LabelsOf(family, row))));
  }
  return rows;
}

Rows<Gauge> Registry::Gauges(const Family& family) {
  Check(family);
  auto& built = Declare(prometheus::BuildGauge(), family, *registry_);
  Rows<Gauge> rows;
  rows.other_.assign(family.labels.size(), kOther);
  for (const auto& row : AllRows(family)) {
    rows.rows_.emplace(row, Gauge(&built.Add(LabelsOf(family, row))));
  }
  return rows;
}

Rows<Histogram> Registry::Histograms(const Family& family,
                                     const std::vector<double>& buckets) {
  Check(family);
  Require(!buckets.empty() && std::is_sorted(buckets.begin(), buckets.end()),
          family, "has bad buckets");
  auto& built = Declare(prometheus::BuildHistogram(), family, *registry_);
  Rows<Histogram> rows;
  rows.other_.assign(family.labels.size(), kOther);
  for (const auto& row : AllRows(family)) {
    rows.rows_.emplace(row,
                       Histogram(&built.Add(LabelsOf(family, row), buckets)));
  }
  return rows;
}

std::string Registry::Text() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

const std::vector<double>& SecondsBuckets() {
  static const auto& buckets = *new std::vector<double>{
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
      0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
  return buckets;
}

void AddBuildInfo(Registry& registry, absl::string_view service,
                  absl::string_view version) {
  const std::vector<std::string> row = {std::string(service),
                                        std::string(version)};
  registry
      .Gauges({"u2fi_build_info",
               "Always 1: which program this is.",
               {"service", "version"},
               {row}})
      .At(row)
      .Set(1);
}

}  // namespace u2fi::metrics
