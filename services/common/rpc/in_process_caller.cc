#include "services/common/rpc/in_process_caller.h"

#include "services/common/rpc/caller_factory.h"
#include "services/common/status/error.h"

namespace u2fi::rpc {

absl::StatusOr<Caller> InProcessCaller(const std::string& trust_domain,
                                       const std::string& name) {
  if (!IsTrustDomain(trust_domain)) {
    return Error(reason::kCallerUnknown, "this is no trust domain");
  }
  return CallerFactory::FromUri(ServiceUri(trust_domain, name), trust_domain);
}

}  // namespace u2fi::rpc
