#include "services/gateway-agent/agent_config.h"

#include <functional>
#include <string>

#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

using config::v1::GatewayAgentConfig;

GatewayAgentConfig Good() {
  GatewayAgentConfig config;
  config.set_tenant("t1");
  config.set_site("s1");
  config.set_gateway("g1");
  config.mutable_tls()->set_certificate_file("c");
  config.mutable_tls()->set_key_file("k");
  config.mutable_tls()->set_ca_file("a");
  config.mutable_tls()->set_trust_domain("u2fi.example");
  config.mutable_mesh()->set_target("gate:7443");
  config.set_rp_id("u2fi.example");
  config.set_state_dir("/var/lib/u2fi");
  config.mutable_tokens()->set_hidraw(true);
  config.mutable_cue()->set_terminal(true);
  config.mutable_devices()->set_broker("mqtts://broker:8883");
  config.mutable_devices()->set_ca_file("b");
  config.mutable_devices()->set_user("agent.g1");
  config.mutable_devices()->set_password_file("p");
  return config;
}

struct BadCase {
  const char* path;
  std::function<void(GatewayAgentConfig&)> edit;
};

TEST(AgentConfigTest, AGoodOneIsGood) { EXPECT_OK(CheckAgentConfig(Good())); }

TEST(AgentConfigTest, EachFaultIsNamed) {
  const BadCase cases[] = {
      {"tenant", [](auto& c) { c.set_tenant("T"); }},
      {"site", [](auto& c) { c.clear_site(); }},
      {"gateway", [](auto& c) { c.set_gateway("g/1"); }},
      {"tls.key_file", [](auto& c) { c.mutable_tls()->clear_key_file(); }},
      {"mesh.target", [](auto& c) { c.clear_mesh(); }},
      {"rp_id", [](auto& c) { c.clear_rp_id(); }},
      {"state_dir", [](auto& c) { c.clear_state_dir(); }},
      {"tokens", [](auto& c) { c.clear_tokens(); }},
      {"tokens.soft_tokens",
       [](auto& c) { c.mutable_tokens()->add_soft_tokens(""); }},
      {"tokens.touch_timeout",
       [](auto& c) {
         c.mutable_tokens()->mutable_touch_timeout()->set_seconds(121);
       }},
      {"cue", [](auto& c) { c.clear_cue(); }},
      {"cue.hook", [](auto& c) { c.mutable_cue()->set_hook("hook"); }},
      {"cue.hook_timeout",
       [](auto& c) {
         c.mutable_cue()->mutable_hook_timeout()->set_seconds(31);
       }},
      {"devices.broker",
       [](auto& c) { c.mutable_devices()->set_broker("mqtt://broker:1883"); }},
      {"devices.ca_file",
       [](auto& c) { c.mutable_devices()->clear_ca_file(); }},
      {"devices.user", [](auto& c) { c.mutable_devices()->clear_user(); }},
      {"devices.password_file",
       [](auto& c) { c.mutable_devices()->set_password("both"); }},
      {"devices.topic_prefix",
       [](auto& c) { c.mutable_devices()->set_topic_prefix("mine"); }},
      {"devices.broker_password_file",
       [](auto& c) {
         c.mutable_devices()->set_broker_password_file("relative");
       }},
      {"devices.broker_reload_hook",
       [](auto& c) { c.mutable_devices()->set_broker_reload_hook("/hook"); }},
      {"local_socket",
       [](auto& c) { c.set_local_socket(std::string(108, 's')); }},
      {"health_address", [](auto& c) { c.set_health_address("nowhere"); }},
      {"reconnect_cap",
       [](auto& c) { c.mutable_reconnect_cap()->set_seconds(601); }},
      {"journal_rows", [](auto& c) { c.set_journal_rows(999); }},
  };
  for (const BadCase& bad : cases) {
    GatewayAgentConfig config = Good();
    bad.edit(config);
    const absl::Status status = CheckAgentConfig(config);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad.path;
    EXPECT_THAT(std::string(status.message()),
                testing::StartsWith(std::string(bad.path) + ": "));
  }
}

TEST(AgentConfigTest, InitNeedsWhoAndWhere) {
  GatewayAgentConfig config;
  config.set_tenant("t1");
  config.set_site("s1");
  config.set_gateway("g1");
  config.mutable_tls()->set_key_file("k");
  EXPECT_FALSE(CheckInitConfig(config).ok());
  config.mutable_tls()->set_trust_domain("u2fi.example");
  EXPECT_OK(CheckInitConfig(config));
  EXPECT_EQ(GatewayUri(config), "spiffe://u2fi.example/gateway/t1/s1/g1");
}

TEST(AgentConfigTest, TheLocalSocketIsInTheStateFolderUnlessSaid) {
  GatewayAgentConfig config;
  EXPECT_FALSE(CheckLocalConfig(config).ok());
  config.set_state_dir("/state");
  EXPECT_OK(CheckLocalConfig(config));
  EXPECT_EQ(LocalSocketOf(config), "/state/agent.sock");
  config.set_local_socket("/run/a.sock");
  EXPECT_EQ(LocalSocketOf(config), "/run/a.sock");
}

TEST(AgentConfigTest, BrokersAreUrls) {
  ASSERT_OK_AND_ASSIGN(const auto tls, ParseBrokerUrl("mqtts://b.example:88"));
  EXPECT_EQ(tls.host, "b.example");
  EXPECT_EQ(tls.port, 88);
  EXPECT_FALSE(tls.plaintext);
  ASSERT_OK_AND_ASSIGN(const auto plain, ParseBrokerUrl("mqtt://127.0.0.1:1"));
  EXPECT_TRUE(plain.plaintext);
}

TEST(AgentConfigTest, OtherUrlsAreRefused) {
  for (const char* url :
       {"", "b:88", "http://b:88", "mqtts://b", "mqtts://:88", "mqtts://b:0",
        "mqtts://b:65536", "mqtts://b:88/x", "mqtts://u@b:88", "mqtt://b:88",
        "mqtt://127.0.0.1.example:88"}) {
    EXPECT_THAT(ParseBrokerUrl(url), HasReason(reason::kInvalidField)) << url;
  }
}

TEST(AgentConfigTest, ThePasswordComesFromItsFile) {
  GatewayAgentConfig config = Good();
  const std::string path = testing::TempDir() + "/password";
  ASSERT_OK(WriteFileDurably(path, "secret\n", 0600));
  config.mutable_devices()->set_password_file(path);
  ASSERT_OK_AND_ASSIGN(const auto options, BrokerOptionsOf(config.devices()));
  EXPECT_EQ(options.password, "secret");
  config.mutable_devices()->set_password_file(path + ".none");
  EXPECT_THAT(BrokerOptionsOf(config.devices()),
              HasReason(reason::kFileNotFound));
}

}  // namespace
}  // namespace u2fi::gateway_agent
