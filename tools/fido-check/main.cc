// fido-check FILE...: reads recorded FIDO ceremonies and prints one JSON object
// per case: {"name", "verdict": "accept" or "reject", "reason"}. See README.md.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "services/common/time/clock.h"
#include "tools/fido-check/case_checker.h"

namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// `bazel run` starts elsewhere and tells where the user was.
std::string Resolve(const std::string& path) {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  if (folder == nullptr || absl::StartsWith(path, "/")) return path;
  return absl::StrCat(folder, "/", path);
}

// The cases of a file; null if it cannot be read.
json ReadCases(const std::string& path) {
  std::ifstream file(Resolve(path), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)),
                         std::istreambuf_iterator<char>());
  json document = json::parse(text, nullptr, false);
  if (!document.is_object() || !document["cases"].is_array()) return nullptr;
  return document["cases"];
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
  if (argc < 2) {
    std::fprintf(stderr, "usage: fido-check FILE...\n");
    return 2;
  }
  const absl::Time now = u2fi::SystemClock().Now();
  int exit_code = 0;
  for (int i = 1; i < argc; ++i) {
    const json cases = ReadCases(argv[i]);
    if (cases.is_null()) {
      std::fprintf(stderr, "fido-check: %s is not a file of cases\n", argv[i]);
      exit_code = 1;
      continue;
    }
    for (const json& one_case : cases) PrintVerdict(one_case, now);
  }
  return exit_code;
}
