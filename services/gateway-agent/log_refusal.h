#ifndef U2FI_SERVICES_GATEWAY_AGENT_LOG_REFUSAL_H_
#define U2FI_SERVICES_GATEWAY_AGENT_LOG_REFUSAL_H_

#include <string>

#include "services/common/logging/logging.h"
#include "services/common/status/error.h"

namespace u2fi::gateway_agent {

// Logs why something about `device` was not done; nothing if `status` is OK.
inline void LogRefusal(const char* what, const std::string& device,
                       const absl::Status& status) {
  if (status.ok()) return;
  logging::Warning(what, {{"device", device},
                          {"reason", ReasonOf(status)},
                          {"cause", std::string(status.message())}});
}

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_LOG_REFUSAL_H_
