#include "services/common/rpc/in_process_caller.h"

#include "services/common/rpc/caller_factory.h"

namespace u2fi::rpc {

absl::StatusOr<Caller> InProcessCaller(const std::string& trust_domain,
                                       const std::string& name) {
  return CallerFactory::FromUri(ServiceUri(trust_domain, name), trust_domain);
}

}  // namespace u2fi::rpc
