// The main job with every program a process of its own.
#include "tests/e2e/process_site.h"

#include <unistd.h>

#include "gmock/gmock.h"
#include "services/common/rpc/channel.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::e2e {
namespace {

using command_gate::v1::CommandRecord;

constexpr int kTries = 2000;

class ProcessSiteTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_OK_AND_ASSIGN(site_, ProcessSite::Start({GetParam()}));
  }

  // What the registry believes of its account.
  int KeysOfAccount() {
    device_registry::v1::GetAccountRequest request;
    request.set_name("accounts/a0");
    device_registry::v1::GetAccountResponse response;
    grpc::ClientContext context;
    rpc::PrepareCall(context, absl::Seconds(10));
    EXPECT_TRUE(
        site_->operators().GetAccount(&context, request, &response).ok());
    return response.account().keys_size();
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

// The words of attestation travel as in a deployment.
TEST_P(ProcessSiteTest, WhatAnOperatorRevokesTheRegistryForgets) {
  ASSERT_EQ(KeysOfAccount(), 1);
  attestation::v1::ListTokensRequest list;
  list.set_account("a0");
  attestation::v1::ListTokensResponse listed;
  grpc::ClientContext listing;
  rpc::PrepareCall(listing, absl::Seconds(10));
  ASSERT_TRUE(
      site_->token_operators().ListTokens(&listing, list, &listed).ok());
  attestation::v1::RevokeTokenRequest revoke;
  revoke.set_name(listed.tokens(0).name());
  revoke.set_allow_last(true);
  attestation::v1::RevokeTokenResponse revoked;
  grpc::ClientContext revoking;
  rpc::PrepareCall(revoking, absl::Seconds(10));
  ASSERT_TRUE(
      site_->token_operators().RevokeToken(&revoking, revoke, &revoked).ok());
  for (int i = 0; i < kTries && KeysOfAccount() > 0; ++i) usleep(10'000);
  EXPECT_EQ(KeysOfAccount(), 0);
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
