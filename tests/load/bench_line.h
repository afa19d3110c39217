#ifndef U2FI_TESTS_LOAD_BENCH_LINE_H_
#define U2FI_TESTS_LOAD_BENCH_LINE_H_

#include <string>

namespace u2fi::load {

// One figure beside what was measured in the same run.
struct BenchLine {
  // Never changes its meaning: see tests/load/README.md.
  std::string name;
  double value = 0;
  // "1/s", "ms", "us", …
  std::string unit;
  // What was measured beside it, in words, and its value in the same unit.
  std::string baseline;
  double baseline_value = 0;
};

// Prints the figure as one JSON object a line: {"name", "value", "unit",
// "baseline", "ratio", "baseline_value", "mode", "compiler"}. The ratio is
// value / baseline_value; the mode tells whether the program is optimised.
void PrintBenchLine(const BenchLine& line);

// Whether `name` was asked for: the program's first argument, or none, is part
// of the name.
bool IsAskedFor(int argc, char** argv, const std::string& name);

}  // namespace u2fi::load

#endif  // U2FI_TESTS_LOAD_BENCH_LINE_H_
