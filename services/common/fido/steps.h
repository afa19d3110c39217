#ifndef U2FI_SERVICES_COMMON_FIDO_STEPS_H_
#define U2FI_SERVICES_COMMON_FIDO_STEPS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/common/status/error.h"

namespace u2fi::fido {

// One check of a verifier. The name, of [a-z0-9_], is the metric label, the
// error's metadata "step" and the prefix of its message.
template <typename State>
struct Step {
  absl::string_view name;
  absl::Status (*check)(State&);
};

// Runs the checks in order; the first that fails is the answer. A check that
// runs steps of its own keeps their name.
template <typename State, size_t kCount>
absl::Status RunSteps(const Step<State> (&steps)[kCount], State& state) {
  for (const Step<State>& step : steps) {
    absl::Status status = step.check(state);
    if (status.ok()) continue;
    if (MetadataOf(status).count("step") != 0) return status;
    return WithMetadata(WithContext(step.name, status), "step", step.name);
  }
  return absl::OkStatus();
}

// The step that refused, or "".
inline std::string StepOf(const absl::Status& status) {
  const auto metadata = MetadataOf(status);
  const auto step = metadata.find("step");
  return step == metadata.end() ? "" : step->second;
}

// The names in order, for metrics and for the tests that want a fault for each.
template <typename State, size_t kCount>
std::vector<std::string> StepNames(const Step<State> (&steps)[kCount]) {
  std::vector<std::string> names;
  for (const Step<State>& step : steps) names.emplace_back(step.name);
  return names;
}

}  // namespace u2fi::fido

#endif  // U2FI_SERVICES_COMMON_FIDO_STEPS_H_
