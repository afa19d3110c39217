#ifndef U2FI_SERVICES_COMMON_RPC_TEST_CALLER_H_
#define U2FI_SERVICES_COMMON_RPC_TEST_CALLER_H_

#include "absl/strings/string_view.h"
#include "services/common/rpc/caller.h"

namespace u2fi::rpc {

// For tests of code that takes a Caller. `path` is what follows the trust
// domain, for example "client/t1/app"; "local" is the local caller. Anything
// malformed ends the process.
Caller TestCaller(absl::string_view path);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_TEST_CALLER_H_
