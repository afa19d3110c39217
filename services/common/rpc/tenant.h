#ifndef U2FI_SERVICES_COMMON_RPC_TENANT_H_
#define U2FI_SERVICES_COMMON_RPC_TENANT_H_

#include <string>

#include "absl/status/statusor.h"
#include "services/common/rpc/caller.h"

namespace u2fi::rpc {

// The tenant of a call: the caller's own, from its certificate, which the
// request may repeat in `named`; or the one that a caller without a tenant
// names. TENANT_MISMATCH for another one than the certificate's; INVALID_FIELD
// where the request has to name it and does not.
absl::StatusOr<std::string> TenantOf(const Caller& caller,
                                     const std::string& named);

}  // namespace u2fi::rpc

#endif  // U2FI_SERVICES_COMMON_RPC_TENANT_H_
