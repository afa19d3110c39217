#include "services/common/metrics/metrics.h"

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace u2fi::metrics {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Family Outcomes() {
  return {"u2fi_tries_total", "Tries.", {"outcome"}, {{"ok"}, {"refused"}}};
}

TEST(MetricsTest, EveryRowIsThereAtZeroFromTheStart) {
  Registry registry;
  registry.Counters(Outcomes());
  EXPECT_THAT(registry.Text(), HasSubstr("u2fi_tries_total{outcome=\"ok\"} 0"));
  EXPECT_THAT(registry.Text(),
              HasSubstr("u2fi_tries_total{outcome=\"refused\"} 0"));
}

TEST(MetricsTest, CountsInTheRow) {
  Registry registry;
  const Rows<Counter> tries = registry.Counters(Outcomes());
  tries.At({"ok"}).Add();
  tries.At({"ok"}).Add(2);
  EXPECT_EQ(tries.At({"ok"}).Value(), 3);
  EXPECT_EQ(tries.At({"refused"}).Value(), 0);
}

TEST(MetricsTest, AnUndeclaredRowCountsAsOther) {
  Registry registry;
  const Rows<Counter> tries = registry.Counters(Outcomes());
  tries.At({"made-up"}).Add();
  tries.At({"too", "long"}).Add();
  EXPECT_EQ(tries.At({"other"}).Value(), 2);
  EXPECT_THAT(registry.Text(), Not(HasSubstr("made-up")));
}

TEST(MetricsTest, AFamilyWithoutLabelsHasOneRow) {
  Registry registry;
  const Rows<Gauge> depth = registry.Gauges({"u2fi_depth", "Depth.", {}, {}});
  depth.At({}).Set(5);
  depth.At({}).Add(-2);
  EXPECT_EQ(depth.At({}).Value(), 3);
  EXPECT_THAT(registry.Text(), HasSubstr("u2fi_depth 3"));
}

TEST(MetricsTest, AGaugeGoesUpAndDown) {
  Registry registry;
  const Rows<Gauge> open = registry.Gauges({"u2fi_open", "Open.", {}, {}});
  open.At({}).Add(3);
  open.At({}).Add(-1);
  EXPECT_THAT(registry.Text(), HasSubstr("u2fi_open 2"));
  open.At({}).Set(7);
  EXPECT_THAT(registry.Text(), HasSubstr("u2fi_open 7"));
}

TEST(MetricsTest, AHistogramCountsUpToTheBound) {
  Registry registry;
  const Rows<Histogram> sizes =
      registry.Histograms({"u2fi_size", "Size.", {}, {}}, {1, 10});
  sizes.At({}).Observe(1);
  sizes.At({}).Observe(1.5);
  sizes.At({}).Observe(11);
  const std::string text = registry.Text();
  EXPECT_THAT(text, HasSubstr("u2fi_size_bucket{le=\"1\"} 1"));
  EXPECT_THAT(text, HasSubstr("u2fi_size_bucket{le=\"10\"} 2"));
  EXPECT_THAT(text, HasSubstr("u2fi_size_bucket{le=\"+Inf\"} 3"));
}

TEST(MetricsTest, CombinesLists) {
  EXPECT_THAT(Combinations({{"a", "b"}, {"1", "2"}}),
              ElementsAre(ElementsAre("a", "1"), ElementsAre("a", "2"),
                          ElementsAre("b", "1"), ElementsAre("b", "2")));
}

TEST(MetricsTest, CountsFromManyThreads) {
  Registry registry;
  const Rows<Counter> tries = registry.Counters(Outcomes());
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&tries] {
      for (int i = 0; i < 1000; ++i) tries.At({"ok"}).Add();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tries.At({"ok"}).Value(), 4000);
}

TEST(MetricsTest, BuildInfoNamesServiceAndVersion) {
  Registry registry;
  AddBuildInfo(registry, "challenge", "1.2.3");
  EXPECT_THAT(
      registry.Text(),
      HasSubstr("u2fi_build_info{service=\"challenge\",version=\"1.2.3\"} 1"));
}

TEST(MetricsDeathTest, ABadNameEndsTheProcess) {
  Registry registry;
  EXPECT_DEATH(registry.Gauges({"bad-name", "x", {}, {}}), "bad name");
}

TEST(MetricsDeathTest, ANameTwiceEndsTheProcess) {
  Registry registry;
  registry.Counters(Outcomes());
  EXPECT_DEATH(registry.Counters(Outcomes()), "u2fi_tries_total");
}

TEST(MetricsDeathTest, ACounterWithoutTotalEndsTheProcess) {
  Registry registry;
  EXPECT_DEATH(registry.Counters({"u2fi_tries", "x", {}, {}}), "_total");
}

TEST(MetricsDeathTest, ARowOfAnotherLengthEndsTheProcess) {
  Registry registry;
  EXPECT_DEATH(registry.Gauges({"u2fi_x", "x", {"a"}, {{"1", "2"}}}),
               "another length");
}

TEST(MetricsDeathTest, TooManyRowsEndTheProcess) {
  Registry registry;
  Family family{"u2fi_x", "x", {"a"}, {}};
  family.rows.assign(kMaxRows + 1, {"1"});
  EXPECT_DEATH(registry.Gauges(family), "too many rows");
}

TEST(MetricsDeathTest, UnsortedBucketsEndTheProcess) {
  Registry registry;
  EXPECT_DEATH(registry.Histograms({"u2fi_x", "x", {}, {}}, {2, 1}),
               "bad buckets");
}

}  // namespace
}  // namespace u2fi::metrics
