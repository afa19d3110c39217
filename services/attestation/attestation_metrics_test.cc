#include "services/attestation/attestation_metrics.h"

#include "gmock/gmock.h"

namespace u2fi::attestation {
namespace {

using ::testing::HasSubstr;

common::v1::Verdict Verdict(common::v1::Outcome outcome,
                            const std::string& step = "") {
  common::v1::Verdict verdict;
  verdict.set_outcome(outcome);
  verdict.set_step(step);
  return verdict;
}

class AttestationMetricsTest : public testing::Test {
 protected:
  metrics::Registry registry_;
  AttestationMetrics metrics_{&registry_};
};

TEST_F(AttestationMetricsTest, VerdictsAreCountedByOutcome) {
  metrics_.Count(CeremonyKind::kAssertion,
                 Verdict(common::v1::OUTCOME_ACCEPTED));
  EXPECT_THAT(registry_.Text(),
              HasSubstr("u2fi_attestation_verdicts_total{ceremony=\"assertion\""
                        ",outcome=\"accepted\"} 1"));
}

TEST_F(AttestationMetricsTest, RefusalsAreCountedByStep) {
  metrics_.Count(CeremonyKind::kRegistration,
                 Verdict(common::v1::OUTCOME_REFUSED, "trust"));
  EXPECT_THAT(
      registry_.Text(),
      HasSubstr("u2fi_attestation_refusals_total{ceremony=\"registration\""
                ",step=\"trust\"} 1"));
}

// Nobody outside makes new series.
TEST_F(AttestationMetricsTest, AnUnknownStepIsOther) {
  metrics_.Count(CeremonyKind::kAssertion,
                 Verdict(common::v1::OUTCOME_REFUSED, "made_up"));
  EXPECT_THAT(registry_.Text(), testing::Not(HasSubstr("made_up")));
  EXPECT_THAT(registry_.Text(),
              HasSubstr("u2fi_attestation_refusals_total{ceremony=\"other\","
                        "step=\"other\"} 1"));
}

TEST_F(AttestationMetricsTest, QuarantinesAreCountedByCause) {
  metrics_.CountQuarantine("counter");
  metrics_.CountQuarantine("model", 3);
  EXPECT_EQ(metrics_.Quarantined("counter"), 1);
  EXPECT_EQ(metrics_.Quarantined("model"), 3);
}

TEST_F(AttestationMetricsTest, RecoveriesAreCountedByState) {
  metrics_.CountRecovery(v1::RECOVERY_STATE_DONE);
  EXPECT_EQ(metrics_.Recoveries(v1::RECOVERY_STATE_DONE), 1);
  EXPECT_EQ(metrics_.Recoveries(v1::RECOVERY_STATE_CANCELLED), 0);
}

TEST_F(AttestationMetricsTest, MetadataTellsNumberAndNextUpdate) {
  metrics_.ShowMetadata(7, absl::FromUnixSeconds(1000));
  EXPECT_EQ(metrics_.MetadataNumber(), 7);
  EXPECT_THAT(registry_.Text(),
              HasSubstr("u2fi_attestation_metadata_next_update_seconds 1000"));
}

TEST(AttestationMetricsAloneTest, WorksWithoutARegistry) {
  AttestationMetrics metrics(nullptr);
  metrics.CountQuarantine("counter");
  EXPECT_EQ(metrics.Quarantined("counter"), 1);
}

}  // namespace
}  // namespace u2fi::attestation
