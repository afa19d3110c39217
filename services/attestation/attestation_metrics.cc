#include "services/attestation/attestation_metrics.h"

#include <algorithm>
#include <string>
#include <vector>

#include "services/attestation/requests.h"
#include "services/common/fido/assertion_verifier.h"
#include "services/common/fido/u2f_registration_verifier.h"
#include "services/common/fido/webauthn_registration_verifier.h"

namespace u2fi::attestation {
namespace {

using Row = std::vector<std::string>;

std::string NameOf(CeremonyKind ceremony) {
  return ceremony == CeremonyKind::kAssertion ? "assertion" : "registration";
}

std::string NameOf(common::v1::Outcome outcome) {
  switch (outcome) {
    case common::v1::OUTCOME_ACCEPTED:
      return "accepted";
    case common::v1::OUTCOME_QUARANTINED:
      return "quarantined";
    default:
      return "refused";
  }
}

// Every step of the verifiers; those of attestation formats count as other.
std::vector<Row> StepRows() {
  std::vector<std::string> registration = fido::U2fRegistrationStepNames();
  for (const std::string& step : fido::WebAuthnRegistrationStepNames()) {
    if (std::find(registration.begin(), registration.end(), step) ==
        registration.end()) {
      registration.push_back(step);
    }
  }
  std::vector<Row> rows;
  rows.reserve(registration.size());
  for (const std::string& step : registration) {
    rows.push_back({"registration", step});
  }
  for (const std::string& step : fido::AssertionStepNames()) {
    rows.push_back({"assertion", step});
  }
  return rows;
}

std::vector<Row> RecoveryRows() {
  std::vector<Row> rows;
  for (const auto state :
       {v1::RECOVERY_STATE_REQUESTED, v1::RECOVERY_STATE_WAITING,
        v1::RECOVERY_STATE_DONE, v1::RECOVERY_STATE_CANCELLED}) {
    rows.push_back({StateText(state)});
  }
  return rows;
}

}  // namespace

AttestationMetrics::AttestationMetrics(metrics::Registry* registry)
    : own_(registry == nullptr ? std::make_unique<metrics::Registry>()
                               : nullptr),
      registry_(registry == nullptr ? *own_ : *registry),
      verdicts_(registry_.Counters(
          {"u2fi_attestation_verdicts_total",
           "Answers of tokens that were verified.",
           {"ceremony", "outcome"},
           metrics::Combinations({{"registration", "assertion"},
                                  {"accepted", "refused", "quarantined"}})})),
      refusals_(registry_.Counters(
          {"u2fi_attestation_refusals_total",
           "Answers of tokens that were refused, by the step that failed.",
           {"ceremony", "step"},
           StepRows()})),
      quarantined_(registry_.Counters({"u2fi_attestation_quarantined_total",
                                       "Tokens put into quarantine.",
                                       {"cause"},
                                       {{"counter"}, {"model"}}})),
      recoveries_(registry_.Counters({"u2fi_attestation_recoveries_total",
                                      "Recoveries of accounts by the state "
                                      "that they have come to.",
                                      {"state"},
                                      RecoveryRows()})),
      metadata_number_(
          registry_.Gauges({"u2fi_attestation_metadata_number",
                            "Number of the metadata BLOB in use; 0: none.",
                            {},
                            {}})),
      metadata_next_update_(registry_.Gauges(
          {"u2fi_attestation_metadata_next_update_seconds",
           "When the issuer of the metadata promised the next BLOB.",
           {},
           {}})) {}

void AttestationMetrics::Count(CeremonyKind ceremony,
                               const common::v1::Verdict& verdict) {
  verdicts_.At({NameOf(ceremony), NameOf(verdict.outcome())}).Add();
  if (verdict.outcome() == common::v1::OUTCOME_ACCEPTED) return;
  refusals_.At({NameOf(ceremony), verdict.step()}).Add();
}

void AttestationMetrics::CountQuarantine(const char* cause, double tokens) {
  quarantined_.At({cause}).Add(tokens);
}

void AttestationMetrics::CountRecovery(v1::RecoveryState state) {
  recoveries_.At({StateText(state)}).Add();
}

double AttestationMetrics::Recoveries(v1::RecoveryState state) const {
  return recoveries_.At({StateText(state)}).Value();
}

void AttestationMetrics::ShowMetadata(uint64_t number, absl::Time next_update) {
  metadata_number_.At({}).Set(static_cast<double>(number));
  metadata_next_update_.At({}).Set(
      static_cast<double>(absl::ToUnixSeconds(next_update)));
}

}  // namespace u2fi::attestation
