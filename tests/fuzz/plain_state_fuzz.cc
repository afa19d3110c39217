// What a device without the kit publishes.
#include <cstdint>
#include <cstdlib>

#include "services/gateway-agent/outcome.h"
#include "services/gateway-agent/plain_message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view payload(reinterpret_cast<const char*>(data), size);
  const auto result = u2fi::gateway_agent::ParsePlainState(payload);
  if (!result.ok()) return 0;
  if (result->command_id().empty() || result->command_id().size() > 64 ||
      u2fi::gateway_agent::OutcomeOf(result->outcome()) ==
          u2fi::gateway::v1::EXECUTION_OUTCOME_UNSPECIFIED) {
    std::abort();
  }
  return 0;
}
