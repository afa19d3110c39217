// The main job with every program a process of its own.
#include "tests/e2e/process_site.h"

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;

class ProcessSiteTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start({GetParam()}));
  }

  std::unique_ptr<ProcessSite> site_;
};

TEST_P(ProcessSiteTest, ATouchTurnsTheCameraOnOnce) {
  ASSERT_OK_AND_ASSIGN(const CommandRecord submitted,
                       site_->Submit(0, "camera.on"));
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended,
                       site_->Wait(submitted.name()));
  EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << ended.ShortDebugString();
  EXPECT_EQ(site_->Executions(0, "camera.on").size(), 1u);
}

TEST_P(ProcessSiteTest, TheGateSendsItsGatewaysAwayAndEndsInOrder) {
  const std::string gate = GetParam() ? "command-gate" : "standalone";
  EXPECT_EQ(site_->programs().Stop(gate), 0);
  EXPECT_THAT(site_->programs().LogOf(gate),
              testing::Not(testing::HasSubstr("did not leave in time")));
}

TEST(PlainDeviceTest, IsProvisionedByItsGatewayAndCommandedOnce) {
  ProcessSite::Options options;
  options.plain = true;
  ASSERT_OK_AND_ASSIGN(const auto site, ProcessSite::Start(options));
  ASSERT_OK_AND_ASSIGN(const CommandRecord submitted,
                       site->Submit(0, "camera.on"));
  ASSERT_OK_AND_ASSIGN(const CommandRecord ended, site->Wait(submitted.name()));
  EXPECT_EQ(ended.state(), command_gate::v1::COMMAND_STATE_SUCCEEDED)
      << ended.ShortDebugString();
  EXPECT_EQ(site->Executions(0, "camera.on").size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Ways, ProcessSiteTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) {
                           return info.param ? "Mesh" : "Standalone";
                         });

}  // namespace
}  // namespace u2fi::e2e
