#include "tools/u2fi/error_text.h"

#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "nlohmann/json.hpp"
#include "services/common/proof/visible_text.h"
#include "services/common/status/error.h"
#include "tools/u2fi/advice.h"
#include "tools/u2fi/connection_advice.h"
#include "tools/u2fi/usage_error.h"

namespace u2fi::cli {
namespace {

using Variables = std::map<std::string, std::string>;

// Adds what the message does not say already.
void Append(std::string& text, const Variables& variables,
            absl::string_view message) {
  for (const auto& [name, value] : variables) {
    if (absl::StrContains(message, value)) continue;
    absl::StrAppend(&text, text.empty() ? "" : ", ", name, " ", value);
  }
}

// A peer that cannot be reached gets the advice that fits why; what is wrong
// with a command line says all itself.
std::string AdviceOn(const absl::Status& status) {
  if (IsUsageError(status)) return "";
  const absl::string_view special = IsReason(status, reason::kPeerUnavailable)
                                        ? ConnectionAdvice(status.message())
                                        : "";
  return std::string(special.empty() ? AdviceFor(ReasonOf(status)) : special);
}

// One line, whatever a peer has sent.
std::string OneLine(const std::string& text) {
  return proof::VisibleText(
      absl::StrReplaceAll(text, {{"\n", " "}, {"\t", " "}, {"\r", " "}}));
}

}  // namespace

std::string ErrorText(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  // gRPC's own refusals begin with it.
  const absl::string_view message =
      absl::StripPrefix(status.message(), absl::StrCat(reason, ": "));
  std::string text = absl::StrCat(
      "u2fi: ",
      reason.empty() ? absl::StatusCodeToString(status.code()) : reason, ": ",
      message);
  std::string details;
  Append(details, MetadataOf(status), status.message());
  Append(details, FieldsOf(status), status.message());
  if (!details.empty()) absl::StrAppend(&text, " (", details, ")");
  const std::string advice = AdviceOn(status);
  if (!advice.empty()) absl::StrAppend(&text, ". ", advice);
  return OneLine(text);
}

std::string ErrorJson(const absl::Status& status) {
  const nlohmann::json error = {
      {"code", absl::StatusCodeToString(status.code())},
      {"reason", ReasonOf(status)},
      {"message", std::string(status.message())},
      {"advice", AdviceOn(status)},
      {"metadata", MetadataOf(status)},
      {"fields", FieldsOf(status)}};
  return nlohmann::json{{"error", error}}.dump(
      -1, ' ', true, nlohmann::json::error_handler_t::replace);
}

}  // namespace u2fi::cli
