// fido-check FILE...: reads recorded FIDO ceremonies and prints one JSON object
// per case: {"name", "verdict": "accept" or "reject", "reason"}. See README.md.
#include <cstdio>
#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/time/clock.h"
#include "tools/fido-check/case_checker.h"
#include "tools/fido-check/case_file.h"

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// `bazel run` starts elsewhere and tells where the user was.
std::string Resolve(const std::string& path) {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder == nullptr || absl::StartsWith(path, "/")) return path;
  return absl::StrCat(folder, "/", path);
}

void PrintVerdict(const json& one_case, absl::Time now) {
  const auto verdict = u2fi::fido_check::CheckCase(one_case, now);
  ordered_json line;
  line["name"] = one_case.is_object() ? one_case.value("name", json("")) : "";
  line["verdict"] = verdict.is_accepted ? "accept" : "reject";
  line["reason"] = verdict.reason;
  const std::string text =
      line.dump(-1, ' ', false, json::error_handler_t::replace);
  std::printf("%s\n", text.c_str());
}

}  // namespace

// CLI11 and the JSON library throw at misuse by the program itself: it ends.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  const bool helps = argc == 2 && std::string(argv[1]) == "--help";
  if (argc < 2 || helps) {
    std::fprintf(
        helps ? stdout : stderr,
        "usage: fido-check FILE...\nPrints a verdict for each recorded "
        "FIDO ceremony; see its README.md.\n"
        "Example: fido-check tests/vectors/u2f/recorded.json\n");
    return helps ? 0 : 2;
  }
  const absl::Time now = u2fi::SystemClock().Now();
  int exit_code = 0;
  for (int i = 1; i < argc; ++i) {
    const auto cases = u2fi::fido_check::ReadCases(Resolve(argv[i]));
    if (!cases.ok()) {
      const std::string why(cases.status().message());
      std::fprintf(stderr, "fido-check: %s\n", why.c_str());
      exit_code = 1;
      continue;
    }
    for (const json& one_case : *cases) PrintVerdict(one_case, now);
  }
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    std::fprintf(stderr, "fido-check: the verdicts cannot be written\n");
    return 1;
  }
  return exit_code;
}
