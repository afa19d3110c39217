#include "services/gateway-agent/outcome.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace u2fi::gateway_agent {

gateway::v1::ExecutionOutcome OutcomeOf(absl::string_view text) {
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  });
  if (text.size() > kMaxOutcome || !printable) {
    return gateway::v1::EXECUTION_OUTCOME_UNSPECIFIED;
  }
  const absl::string_view word = text.substr(0, text.find(' '));
  if (word == "SUCCEEDED") return gateway::v1::EXECUTION_OUTCOME_SUCCEEDED;
  if (word == "UNKNOWN") return gateway::v1::EXECUTION_OUTCOME_UNKNOWN;
  if (word == "FAILED" || word == "REFUSED") {
    return gateway::v1::EXECUTION_OUTCOME_FAILED;
  }
  return gateway::v1::EXECUTION_OUTCOME_UNSPECIFIED;
}

}  // namespace u2fi::gateway_agent
