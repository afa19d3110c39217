// What a gateway did stands in the audit of the mesh, in its own words: its
// agent's journal goes up by itself, also what a killed agent left on its disk,
// and the export holds offline as a whole.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/clock.h"
#include "tests/e2e/chaos/verdict.h"
#include "tests/e2e/process_site.h"

namespace u2fi::e2e {
namespace {

// Longer than an agent keeps rows back, and than a stream takes to come back.
constexpr absl::Duration kPatience = absl::Seconds(60);

class JournalTest : public testing::Test {
 protected:
  void SetUp() override {
    ProcessSite::Options options;
    options.mesh = true;
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start(options));
  }

  void Run() {
    ASSERT_OK_AND_ASSIGN(const auto submitted, site_->Submit(0, "camera.on"));
    ASSERT_OK_AND_ASSIGN(const auto ended, site_->Wait(submitted.name()));
    EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED);
  }
  // The chains of gateway g0, once `rows` rows of them are in the audit.
  std::vector<audit::ChainSummary> Journals(uint64_t rows) {
    const absl::Time end = SystemClock().Now() + kPatience;
    while (SystemClock().Now() < end) {
      const auto verdict = VerifyAudit(*site_);
      EXPECT_OK(verdict);
      if (!verdict.ok()) return {};
      const auto& fault = verdict->report.fault;
      EXPECT_FALSE(fault.has_value())
          << fault->record << " " << fault->step << " " << fault->why;
      std::vector<audit::ChainSummary> journals;
      uint64_t found = 0;
      for (const audit::ChainSummary& chain : verdict->report.chains) {
        if (chain.writer.service() != "gateway/s0/g0") continue;
        journals.push_back(chain);
        found += chain.last - chain.first + 1;
      }
      if (found >= rows) return journals;
      absl::Notification().WaitForNotificationWithTimeout(
          absl::Milliseconds(500));
    }
    return {};
  }

  std::unique_ptr<ProcessSite> site_;
};

TEST_F(JournalTest, WhatAGatewayDidIsInTheAuditAlsoAfterAKill) {
  // Its camera's pin set, then two rows of each command.
  Run();
  const auto first = Journals(3);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].first, 1u);
  // Every row is under a checkpoint of the gateway.
  EXPECT_EQ(first[0].covered, first[0].last);
  Run();
  site_->programs().Kill("agent-0");
  site_->programs().Restart("agent-0");
  Run();
  EXPECT_EQ(Journals(7).size(), 2u);
}

}  // namespace
}  // namespace u2fi::e2e
