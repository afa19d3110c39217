#include "tools/device-emulator/results.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "services/common/proof/command.h"
#include "services/common/status/error.h"

namespace u2fi::device {
namespace {

std::string WithReason(absl::string_view word, const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return absl::StrCat(word, " ",
                      reason.empty() ? reason::kInternal.name : reason);
}

// `SUCCEEDED {…}` → `done {…}`; `REFUSED X` → `refused: X (why)`.
std::string InWords(absl::string_view outcome, const absl::Status& cause) {
  if (absl::ConsumePrefix(&outcome, kSucceeded)) {
    return absl::StrCat("done", outcome);
  }
  if (outcome == kUnknown) return "begun earlier, end unknown: not done again";
  const size_t blank = outcome.find(' ');
  return absl::StrCat(
      absl::AsciiStrToLower(outcome.substr(0, blank)), ":",
      blank == absl::string_view::npos ? "" : outcome.substr(blank),
      cause.ok() ? "" : absl::StrCat(" (", cause.message(), ")"));
}

}  // namespace

std::string SucceededWith(absl::string_view answer) {
  return absl::StrCat(kSucceeded, answer.empty() ? "" : " ", answer);
}

std::string Refused(const absl::Status& status) {
  return WithReason("REFUSED", status);
}

std::string Failed(const absl::Status& status) {
  return WithReason("FAILED", status);
}

v1::DeviceResult Results::Make(const std::string& command_id,
                               const std::string& outcome) const {
  v1::DeviceResult result;
  result.set_command_id(command_id);
  result.set_outcome(outcome);
  if (!command_id.empty()) {
    result.set_device_signature(signer_.SignResult(command_id, outcome));
  }
  result.set_sequence_high(record_.window().high());
  return result;
}

CommandReport Results::Report(absl::string_view command_bytes,
                              const std::string& outcome,
                              const absl::Status& cause) const {
  const auto command = proof::ParseCommand(command_bytes);
  CommandReport report;
  report.result = Make(command.ok() ? command->command_id() : "", outcome);
  report.line =
      absl::StrCat(command.ok() ? command->operation() : "unreadable command",
                   ": ", InWords(outcome, cause));
  return report;
}

}  // namespace u2fi::device
