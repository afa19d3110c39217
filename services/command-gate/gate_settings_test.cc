#include "services/command-gate/gate_settings.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/config/document.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::command_gate {
namespace {

using config::v1::CommandGateSettings;
using testing::HasSubstr;
using testing::Not;

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

TEST(GateSettingsTest, AnAccountsOpenQuestionsAreOneToThree) {
  CommandGateSettings settings;
  EXPECT_EQ(OpenPerAccountFrom(settings), 3);
  settings.set_open_commands_per_account(1);
  EXPECT_EQ(OpenPerAccountFrom(settings), 1);
  settings.set_open_commands_per_account(10000);
  EXPECT_EQ(OpenPerAccountFrom(settings), 3);
}

TEST(GateSettingsTest, TheAddressOfAWebhookIsNotPrinted) {
  CommandGateSettings settings;
  settings.add_webhooks()->set_url("https://hooks.example/T0/s3cret");
  EXPECT_THAT(config::ToMaskedJson(settings), Not(HasSubstr("s3cret")));
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

CommandGateSettings WithWebhook() {
  CommandGateSettings settings;
  config::v1::WebhookConfig& webhook = *settings.add_webhooks();
  webhook.set_tenant("t1");
  webhook.set_url("https://hooks.example:8443/u2fi?to=ops");
  webhook.set_key("0123456789abcdef0123456789abcdef");
  return settings;
}

TEST(GateSettingsTest, WebhooksAreTakenOver) {
  const CommandGateSettings settings = WithWebhook();
  EXPECT_EQ(Problems(settings), "");
  const Webhooks::Options options = WebhooksFrom(settings);
  ASSERT_EQ(options.webhooks.size(), 1u);
  EXPECT_EQ(options.webhooks[0].tenant, "t1");
  EXPECT_EQ(options.webhooks[0].url, settings.webhooks(0).url());
  EXPECT_EQ(options.webhooks[0].key, settings.webhooks(0).key());
  EXPECT_NE(options.make_poster(), nullptr);
}

TEST(GateSettingsTest, AWebhookIsOfATenant) {
  CommandGateSettings settings = WithWebhook();
  settings.mutable_webhooks(0)->set_tenant("T 1");
  EXPECT_THAT(Problems(settings), HasSubstr("settings.webhooks[0].tenant"));
}

TEST(GateSettingsTest, AWebhookHasAnHttpsAddress) {
  for (const std::string url :
       {"", "http://hooks.example", "https://", "https:///path", "ftp://x",
        "https://user@hooks.example", "https://hooks.example/a b",
        "https://hooks.example/\n", "https://hooks.example\\@evil.example",
        "https://hooks.example/#there", "HTTPS://hooks.example"}) {
    CommandGateSettings settings = WithWebhook();
    settings.mutable_webhooks(0)->set_url(url);
    EXPECT_THAT(Problems(settings), HasSubstr("settings.webhooks[0].url"))
        << url;
  }
  CommandGateSettings settings = WithWebhook();
  settings.mutable_webhooks(0)->mutable_url()->append(2048, 'x');
  EXPECT_THAT(Problems(settings), HasSubstr("settings.webhooks[0].url"));
}

TEST(GateSettingsTest, AWebhooksKeyIsLongEnoughAndNotRepeated) {
  CommandGateSettings settings = WithWebhook();
  settings.mutable_webhooks(0)->set_key("0123456789abcdef0123456789abcde");
  EXPECT_THAT(Problems(settings), HasSubstr("settings.webhooks[0].key"));
  EXPECT_THAT(Problems(settings), Not(HasSubstr("0123456789")));
}

TEST(GateSettingsTest, WebhooksAreBounded) {
  CommandGateSettings settings = WithWebhook();
  while (settings.webhooks_size() < 33) {
    *settings.add_webhooks() = settings.webhooks(0);
  }
  EXPECT_THAT(Problems(settings), HasSubstr("settings.webhooks"));
}

TEST(GateSettingsTest, OriginsOfBrowsersAreHttps) {
  CommandGateSettings settings;
  settings.add_origins("https://iot.example");
  EXPECT_EQ(Problems(settings), "");
  EXPECT_EQ(ApproversFrom(settings).origins,
            std::vector<std::string>{"https://iot.example"});
  settings.add_origins("https://iot.example/");
  EXPECT_THAT(Problems(settings), HasSubstr("settings.origins"));
}

TEST(GateSettingsTest, TheLeaseIsThreeHeartbeatsUnlessSet) {
  CommandGateSettings settings;
  EXPECT_EQ(DirectoryLeaseFrom(settings), absl::Seconds(90));
  settings.mutable_heartbeat_interval()->set_seconds(10);
  EXPECT_EQ(DirectoryLeaseFrom(settings), absl::Seconds(30));
  settings.mutable_directory_lease()->set_seconds(25);
  EXPECT_EQ(DirectoryLeaseFrom(settings), absl::Seconds(25));
}

class ReplicaSettingsTest : public testing::Test {
 protected:
  ReplicaSettingsTest() {
    config_.mutable_store()->mutable_redis();
    config_.mutable_replica()->set_listen_address("0.0.0.0:7445");
    config_.mutable_replica()->set_advertise_address("10.0.0.7:7445");
  }
  std::string Found() {
    config::Checks checks;
    CheckReplica("replica", config_, checks);
    return std::string(checks.Result().message());
  }

  config::v1::CommandGateConfig config_;
};

TEST_F(ReplicaSettingsTest, TwoAddressesAndRedisAreGood) {
  EXPECT_EQ(Found(), "");
}

TEST_F(ReplicaSettingsTest, WithoutReplicaAnyStoreIsGood) {
  config_.clear_replica();
  config_.mutable_store()->mutable_sqlite();
  EXPECT_EQ(Found(), "");
}

TEST_F(ReplicaSettingsTest, BothAddressesAreRequired) {
  config_.mutable_replica()->Clear();
  EXPECT_THAT(Found(), HasSubstr("replica.listen_address"));
  EXPECT_THAT(Found(), HasSubstr("replica.advertise_address"));
}

TEST_F(ReplicaSettingsTest, OthersMustReachWhatIsAdvertised) {
  for (const char* nowhere : {":7445", "0.0.0.0:7445", "[::]:7445", "h:0"}) {
    config_.mutable_replica()->set_advertise_address(nowhere);
    EXPECT_THAT(Found(), HasSubstr("replica.advertise_address")) << nowhere;
  }
}

TEST_F(ReplicaSettingsTest, AStoreOfOneProcessIsRefused) {
  config_.mutable_store()->mutable_sqlite();
  EXPECT_THAT(Found(), HasSubstr("store: must be redis"));
  config_.mutable_store()->mutable_memory();
  EXPECT_THAT(Found(), HasSubstr("store: must be redis"));
}

}  // namespace
}  // namespace u2fi::command_gate
