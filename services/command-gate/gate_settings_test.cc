#include "services/command-gate/gate_settings.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

using config::v1::CommandGateSettings;
using testing::HasSubstr;

std::string Problems(const CommandGateSettings& settings) {
  config::Checks checks;
  CheckSettings("settings", settings, checks);
  return std::string(checks.Result().message());
}

TEST(GateSettingsTest, DefaultsAreGood) {
  EXPECT_EQ(Problems({}), "");
  EXPECT_EQ(HeartbeatFrom({}), absl::Seconds(30));
  EXPECT_EQ(PresenceGraceFrom({}), absl::Seconds(5));
}

TEST(GateSettingsTest, TakesTheTimesItIsGiven) {
  CommandGateSettings settings;
  settings.mutable_heartbeat_interval()->set_seconds(1);
  settings.mutable_presence_grace();
  EXPECT_EQ(Problems(settings), "");
  EXPECT_EQ(HeartbeatFrom(settings), absl::Seconds(1));
  EXPECT_EQ(PresenceGraceFrom(settings), absl::ZeroDuration());
}

TEST(GateSettingsTest, RefusesAHeartbeatThatIsTooSlow) {
  CommandGateSettings settings;
  settings.mutable_heartbeat_interval()->set_seconds(3601);
  EXPECT_THAT(Problems(settings), HasSubstr("settings.heartbeat_interval"));
}

TEST(GateSettingsTest, ALeaseSpansTwoHeartbeats) {
  CommandGateSettings settings;
  settings.mutable_heartbeat_interval()->set_seconds(10);
  settings.mutable_directory_lease()->set_seconds(19);
  EXPECT_THAT(Problems(settings), HasSubstr("settings.directory_lease"));
  settings.mutable_directory_lease()->set_seconds(20);
  EXPECT_EQ(Problems(settings), "");
}

TEST(GateSettingsTest, RefusesNumbersOutOfBounds) {
  CommandGateSettings settings;
  settings.set_open_commands_per_account(10001);
  settings.set_refusals_before_cooldown(11);
  settings.set_account_requests_per_minute(1'000'001);
  settings.set_gateway_requests_per_minute(1'000'001);
  EXPECT_THAT(Problems(settings), HasSubstr("account_requests_per_minute"));
  EXPECT_THAT(Problems(settings), HasSubstr("gateway_requests_per_minute"));
  EXPECT_THAT(Problems(settings), HasSubstr("open_commands_per_account"));
  EXPECT_THAT(Problems(settings), HasSubstr("refusals_before_cooldown"));
}

config::v1::OidcConfig Issuer(const std::string& tenant) {
  config::v1::OidcConfig oidc;
  oidc.set_tenant(tenant);
  oidc.set_issuer("https://login.example");
  oidc.set_audience("u2fi");
  oidc.set_jwks_file("/no/such/jwks.json");
  return oidc;
}

TEST(GateSettingsTest, AnIssuerNeedsAllItsSettings) {
  CommandGateSettings settings;
  settings.add_oidc()->set_tenant("t1");
  for (const char* key : {"issuer", "audience", "jwks_file"}) {
    EXPECT_THAT(Problems(settings),
                HasSubstr(std::string("settings.oidc[0].") + key));
  }
  *settings.mutable_oidc(0) = Issuer("t1");
  EXPECT_EQ(Problems(settings), "");
}

TEST(GateSettingsTest, ATenantHasOneIssuer) {
  CommandGateSettings settings;
  *settings.add_oidc() = Issuer("t1");
  *settings.add_oidc() = Issuer("t1");
  EXPECT_THAT(Problems(settings), HasSubstr("settings.oidc[1].tenant"));
}

TEST(GateSettingsTest, WithoutTheIssuersKeysThereIsNoLogin) {
  CommandGateSettings settings;
  const FakeClock clock;
  EXPECT_OK(LoginFrom(settings, clock));
  *settings.add_oidc() = Issuer("t1");
  EXPECT_THAT(LoginFrom(settings, clock), HasReason(reason::kFileNotFound));
}

TEST(GateSettingsTest, WhatIsNotSetHasItsDefault) {
  const Quotas::Options quotas = QuotasFrom({});
  EXPECT_EQ(quotas.account_per_minute, 120u);
  EXPECT_EQ(quotas.gateway_per_minute, 1200u);
  EXPECT_FALSE(ApproversFrom({}).self_approval);
  EXPECT_FALSE(ApproversFrom({}).forbid_break_glass);
}

TEST(GateSettingsTest, QuotasAndApproversAreTakenOver) {
  CommandGateSettings settings;
  settings.set_account_requests_per_minute(7);
  settings.set_gateway_requests_per_minute(8);
  settings.set_self_approval_in_quorum(true);
  settings.set_forbid_break_glass(true);
  EXPECT_EQ(QuotasFrom(settings).account_per_minute, 7u);
  EXPECT_EQ(QuotasFrom(settings).gateway_per_minute, 8u);
  EXPECT_TRUE(ApproversFrom(settings).self_approval);
  EXPECT_TRUE(ApproversFrom(settings).forbid_break_glass);
}

TEST(GateSettingsTest, RefusesWebhooksThatNobodyWouldCall) {
  CommandGateSettings settings;
  settings.add_webhooks()->set_tenant("t1");
  EXPECT_THAT(Problems(settings), HasSubstr("settings.webhooks"));
}

TEST(GateSettingsTest, OriginsOfBrowsersAreHttps) {
  CommandGateSettings settings;
  settings.add_origins("https://iot.example");
  EXPECT_EQ(Problems(settings), "");
  EXPECT_EQ(ApproversFrom(settings).origins,
            std::vector<std::string>{"https://iot.example"});
  settings.add_origins("http://iot.example");
  EXPECT_THAT(Problems(settings), HasSubstr("settings.origins"));
}

}  // namespace
}  // namespace u2fi::command_gate
