#ifndef U2FI_SERVICES_GATEWAY_AGENT_TYPED_LINE_H_
#define U2FI_SERVICES_GATEWAY_AGENT_TYPED_LINE_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"

namespace u2fi::gateway_agent {

// True if `fd` is a terminal and this process may read from it now: a program
// in the background would be stopped.
bool IsOurTerminal(int fd);

// Reads a line, without its end, from `fd`: a terminal, which does not show
// what is typed and forgets what was typed before, or anything else. Nothing of
// it stays in a buffer of ours. INVALID_FIELD beyond 255 bytes; TOKEN_CANCELLED
// once `give_up`, asked every 50 ms, says so, for Ctrl-C, and at the end of the
// file without a line.
absl::StatusOr<std::string> ReadTypedLine(int fd,
                                          const std::function<bool()>& give_up);

}  // namespace u2fi::gateway_agent

#endif  // U2FI_SERVICES_GATEWAY_AGENT_TYPED_LINE_H_
