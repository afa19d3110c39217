#include "services/command-gate/quotas.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "services/common/status/error.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::command_gate {
namespace {

using testing::HasSubstr;

class QuotasTest : public testing::Test {
 protected:
  Quotas::Request By(const std::string& account,
                     const std::string& gateway = "g1") {
    return {"t1", account, {gateway}, now_};
  }
  // As many as are let through at once.
  int Take(Quotas& quotas, const std::string& account,
           const std::string& gateway = "g1") {
    int taken = 0;
    while (quotas.Check(By(account, gateway)).ok()) {
      quotas.Count(By(account, gateway));
      ++taken;
    }
    return taken;
  }

  absl::Duration now_ = absl::Hours(1);
  metrics::Registry registry_;
  GateMetrics metrics_{&registry_};
  Quotas quotas_{{/*account_per_minute=*/6, /*gateway_per_minute=*/10},
                 metrics_};
};

TEST_F(QuotasTest, AnAccountHasAMinutesWorthAtOnce) {
  EXPECT_EQ(Take(quotas_, "ann"), 6);
}

TEST_F(QuotasTest, OneMoreIsRefusedWithWhatAndWhen) {
  Take(quotas_, "ann");
  const absl::Status status = quotas_.Check(By("ann"));
  EXPECT_THAT(status, HasReason(reason::kQuotaExceeded));
  EXPECT_EQ(MetadataOf(status)["quota"], "account");
  EXPECT_EQ(MetadataOf(status)["per_minute"], "6");
  EXPECT_EQ(RetryOf(status), absl::Seconds(10));
}

TEST_F(QuotasTest, AfterTheHintOneMoreGoesThrough) {
  Take(quotas_, "ann");
  now_ += absl::Seconds(10);
  EXPECT_EQ(Take(quotas_, "ann"), 1);
}

TEST_F(QuotasTest, AfterAMinuteAllIsForgotten) {
  Take(quotas_, "ann");
  now_ += absl::Minutes(1);
  EXPECT_EQ(Take(quotas_, "ann"), 6);
}

TEST_F(QuotasTest, AccountsDoNotUseEachOthersQuota) {
  Take(quotas_, "ann");
  EXPECT_EQ(Take(quotas_, "bob", "g2"), 6);
}

TEST_F(QuotasTest, TenantsDoNotEither) {
  Take(quotas_, "ann");
  Quotas::Request other = By("ann");
  other.tenant = "t2";
  EXPECT_OK(quotas_.Check(other));
}

TEST_F(QuotasTest, AGatewayHasAQuotaForAllAccountsTogether) {
  EXPECT_EQ(Take(quotas_, "ann"), 6);
  EXPECT_EQ(Take(quotas_, "bob"), 4);
  const absl::Status status = quotas_.Check(By("carl"));
  EXPECT_EQ(MetadataOf(status)["quota"], "gateway");
  EXPECT_OK(quotas_.Check(By("carl", "g2")));
}

TEST_F(QuotasTest, AGatewayThatIsNamedTwiceCountsOnce) {
  Quotas::Request request = By("ann");
  request.gateways = {"g1", "g1", ""};
  quotas_.Count(request);
  EXPECT_EQ(quotas_.size(), 2u);
}

TEST_F(QuotasTest, CheckingUsesNothing) {
  for (int i = 0; i < 20; ++i) EXPECT_OK(quotas_.Check(By("ann")));
}

TEST_F(QuotasTest, ItKeepsABoundedNumberAndThoseThatAreFullest) {
  Take(quotas_, "ann");
  for (size_t i = 0; i < Quotas::kMaxBuckets + 10; ++i) {
    quotas_.Count(By(absl::StrCat("a", i), ""));
    ASSERT_LE(quotas_.size(), Quotas::kMaxBuckets);
    if (i == Quotas::kMaxBuckets - 5) now_ += absl::Seconds(1);
  }
  EXPECT_FALSE(quotas_.Check(By("ann", "")).ok());
}

TEST_F(QuotasTest, RefusalsAreCounted) {
  Take(quotas_, "ann");
  EXPECT_EQ(metrics_.Quotas("account"), 1);
  EXPECT_THAT(registry_.Text(),
              HasSubstr("u2fi_command_gate_quota_refusals_total{quota="
                        "\"account\"} 1"));
}

}  // namespace
}  // namespace u2fi::command_gate
