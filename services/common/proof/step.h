#ifndef U2FI_SERVICES_COMMON_PROOF_STEP_H_
#define U2FI_SERVICES_COMMON_PROOF_STEP_H_

#include <string>

#include "absl/status/status.h"
#include "services/common/status/error.h"

namespace u2fi::proof {

// `error` as the one of a verifier's step: the name goes before the message
// and into the metadata "step".
inline absl::Status AtStep(const char* step, const absl::Status& error) {
  return WithMetadata(WithContext(step, error), "step", step);
}

// The name of the step that made `error`, for metrics and the audit; "" if no
// step did.
inline std::string StepOf(const absl::Status& error) {
  return MetadataOf(error)["step"];
}

}  // namespace u2fi::proof

#endif  // U2FI_SERVICES_COMMON_PROOF_STEP_H_
