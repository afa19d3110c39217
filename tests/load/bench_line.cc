#include "tests/load/bench_line.h"

#include <cstdio>

#include "absl/strings/str_format.h"

namespace u2fi::load {
namespace {

#ifdef NDEBUG
constexpr char kMode[] = "opt";
#else
constexpr char kMode[] = "debug";
#endif

}  // namespace

void PrintBenchLine(const BenchLine& line) {
  const double ratio =
      line.baseline_value == 0 ? 0 : line.value / line.baseline_value;
  absl::PrintF(
      "{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"baseline\":\"%s\","
      "\"ratio\":%.4g,\"baseline_value\":%.6g,\"mode\":\"%s\","
      "\"compiler\":\"clang %d.%d.%d\"}\n",
      line.name, line.value, line.unit, line.baseline, ratio,
      line.baseline_value, kMode, __clang_major__, __clang_minor__,
      __clang_patchlevel__);
  std::fflush(stdout);
}

bool IsAskedFor(int argc, char** argv, const std::string& name) {
  return argc < 2 || name.find(argv[1]) != std::string::npos;
}

}  // namespace u2fi::load
