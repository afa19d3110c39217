#ifndef U2FI_SERVICES_COMMON_AUDIT_DECIDER_H_
#define U2FI_SERVICES_COMMON_AUDIT_DECIDER_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/common/audit/transition.h"

namespace u2fi::audit {

// Where the core of a service decides, for every tenant. Thread-safe.
class Decider {
 public:
  virtual ~Decider() = default;

  // Makes the transition happen in the service's partition of `tenant`, or
  // not: outcomes as in DecisionQueue. Blocks until it is decided.
  virtual absl::StatusOr<Committed> Decide(absl::string_view tenant,
                                           Transition transition) = 0;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_DECIDER_H_
