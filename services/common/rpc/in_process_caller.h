#ifndef U2FI_SERVICES_COMMON_RPC_IN_PROCESS_CALLER_H_
#define U2FI_SERVICES_COMMON_RPC_IN_PROCESS_CALLER_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"

namespace u2fi::rpc {

// The caller that Server::InProcess() gives the service `name` of this
// process, for a client class that calls a core without a channel between
// (decisions E2). CALLER_UNKNOWN if name or trust domain are malformed. Its
// Bazel target is visible to what composes a process only.
absl::StatusOr<Caller> InProcessCaller(const std::string& trust_domain,
                                       const std::string& name);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_IN_PROCESS_CALLER_H_
