#include "services/common/metrics/exposer.h"

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "prometheus/exposer.h"
#include "prometheus/registry.h"

namespace u2fi::metrics {

absl::StatusOr<std::unique_ptr<Exposer>> Exposer::Start(
    const Registry& registry, const std::string& address) {
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(address);
    exposer->RegisterCollectable(registry.registry_);
    return std::unique_ptr<Exposer>(new Exposer(std::move(exposer)));
  } catch (const std::exception& error) {
    return absl::UnavailableError(
        absl::StrCat("metrics address ", address, ": ", error.what()));
  }
}

Exposer::Exposer(std::unique_ptr<prometheus::Exposer> exposer)
    : exposer_(std::move(exposer)), port_(exposer_->GetListeningPorts()[0]) {}

Exposer::~Exposer() = default;

}  // namespace u2fi::metrics
