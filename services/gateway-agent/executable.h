#ifndef U2FI_SERVICES_GATEWAY_AGENT_EXECUTABLE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_EXECUTABLE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/common/time/clock.h"
#include "services/common/u2fhid/cancel_flag.h"

namespace u2fi::gateway_agent {

// Runs the file `path` without arguments, without a shell, in a process group
// of its own, with nothing but `environment` and PATH=/usr/bin:/bin, with
// standard input from /dev/null and none of our other files open. Waits for its
// end, at most `timeout` or until `cancel`; then the whole group is killed.
// `clock` is the machine's. INVALID_ARGUMENT if it cannot be started or ends
// with anything but 0, DEADLINE_EXCEEDED, CANCELLED.
absl::Status RunExecutable(
    const std::string& path,
    const std::map<std::string, std::string>& environment,
    absl::Duration timeout, const Clock& clock, u2fhid::CancelFlag& cancel);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_EXECUTABLE_H_
