#include "services/common/rpc/tenant.h"

#include "services/common/rpc/ids.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::rpc {

absl::StatusOr<std::string> TenantOf(const Caller& caller,
                                     const std::string& named) {
  if (caller.tenant().empty()) {
    RETURN_IF_ERROR(CheckId("tenant", named));
    return named;
  }
  if (named.empty() || named == caller.tenant()) return caller.tenant();
  return Error(reason::kTenantMismatch,
               "the request names another tenant than the certificate");
}

}  // namespace u2fi::rpc
