#ifndef U2FI_SERVICES_GATEWAY_AGENT_DEVICE_CREDENTIALS_H_
#define U2FI_SERVICES_GATEWAY_AGENT_DEVICE_CREDENTIALS_H_

#include <string>

#include "absl/status/status.h"

namespace u2fi::gateway_agent {

// Lets devices connect to the site's broker. Called on one thread; may block.
class DeviceCredentials {
 public:
  virtual ~DeviceCredentials() = default;

  // `device` has credentials of its own from now on.
  virtual absl::Status Ensure(const std::string& device) = 0;
};

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_DEVICE_CREDENTIALS_H_
