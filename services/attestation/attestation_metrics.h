#ifndef U2FI_SERVICES_ATTESTATION_ATTESTATION_METRICS_H_
#define U2FI_SERVICES_ATTESTATION_ATTESTATION_METRICS_H_

#include <memory>

#include "absl/time/time.h"
#include "services/common/metrics/metrics.h"
#include "u2fi/attestation/v1/token.pb.h"
#include "u2fi/common/v1/verdict.pb.h"

namespace u2fi::attestation {

// What a ceremony was.
enum class CeremonyKind { kRegistration, kAssertion };

// What the service counts. Thread-safe.
class AttestationMetrics {
 public:
  // Declares its families in `registry`, which must outlive this object; in
  // one of its own without.
  explicit AttestationMetrics(metrics::Registry* registry);

  // u2fi_attestation_verdicts_total{ceremony,outcome} and, if it is a refusal,
  // u2fi_attestation_refusals_total{ceremony,step}.
  void Count(CeremonyKind ceremony, const common::v1::Verdict& verdict);
  // u2fi_attestation_quarantined_total{cause}: counter, model.
  void CountQuarantine(const char* cause, double tokens = 1);
  // u2fi_attestation_recoveries_total{state}: what recoveries became.
  void CountRecovery(v1::RecoveryState state);
  // u2fi_attestation_metadata_number, u2fi_attestation_metadata_next_update_
  // seconds (since 1970): past it, the metadata is stale.
  void ShowMetadata(uint64_t number, absl::Time next_update);

  double Quarantined(const char* cause) const {
    return quarantined_.At({cause}).Value();
  }
  double Recoveries(v1::RecoveryState state) const;
  double MetadataNumber() const { return metadata_number_.At({}).Value(); }

 private:
  std::unique_ptr<metrics::Registry> own_;
  metrics::Registry& registry_;
  const metrics::Rows<metrics::Counter> verdicts_;
  const metrics::Rows<metrics::Counter> refusals_;
  const metrics::Rows<metrics::Counter> quarantined_;
  const metrics::Rows<metrics::Counter> recoveries_;
  const metrics::Rows<metrics::Gauge> metadata_number_;
  const metrics::Rows<metrics::Gauge> metadata_next_update_;
};

}  // namespace u2fi::attestation

#endif  // U2FI_SERVICES_ATTESTATION_ATTESTATION_METRICS_H_
