#include "services/device-registry/registry_settings.h"

#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device_registry {
namespace {

using testing::HasSubstr;

class RegistrySettingsTest : public testing::Test {
 protected:
  RegistrySettingsTest() {
    settings_.mutable_relying_party()->set_rp_id("iot.example");
    settings_.mutable_device_token()->add_key_files("/nowhere/key.pem");
    settings_.mutable_device_token()->set_issuer("https://iot.example");
    settings_.mutable_device_token()->set_audience("devices");
  }

  std::string Problems() {
    config::Checks checks;
    CheckSettings("settings", settings_, checks);
    return std::string(checks.Result().message());
  }

  config::v1::DeviceRegistrySettings settings_;
};

TEST_F(RegistrySettingsTest, AcceptsGoodSettings) { EXPECT_EQ(Problems(), ""); }

TEST_F(RegistrySettingsTest, NeedsAKeyForTokens) {
  settings_.mutable_device_token()->clear_key_files();
  EXPECT_THAT(Problems(), HasSubstr("settings.device_token.key_files"));
}

TEST_F(RegistrySettingsTest, NeedsAnIssuerAndAnAudience) {
  settings_.mutable_device_token()->clear_issuer();
  settings_.mutable_device_token()->clear_audience();
  EXPECT_THAT(Problems(), HasSubstr("device_token.issuer"));
  EXPECT_THAT(Problems(), HasSubstr("device_token.audience"));
}

TEST_F(RegistrySettingsTest, NeedsARelyingParty) {
  settings_.clear_relying_party();
  EXPECT_THAT(Problems(), HasSubstr("settings.relying_party.rp_id"));
}

TEST_F(RegistrySettingsTest, RefusesTokensThatLiveTooLong) {
  settings_.mutable_device_token()->mutable_lifetime()->set_seconds(86401);
  EXPECT_THAT(Problems(), HasSubstr("device_token.lifetime"));
}

TEST_F(RegistrySettingsTest, RefusesASealingKeyThatNothingWouldUse) {
  settings_.set_sealing_key_file("/etc/u2fi/seal");
  EXPECT_THAT(Problems(), HasSubstr("sealing_key_file"));
}

TEST_F(RegistrySettingsTest, SaysWhichKeyFileIsMissing) {
  const auto options = TokenOptionsFrom(settings_.device_token());
  EXPECT_THAT(options, HasReason(reason::kFileNotFound));
  EXPECT_THAT(options.status().message(), HasSubstr("/nowhere/key.pem"));
}

TEST_F(RegistrySettingsTest, SaysWhichFileHoldsNoKey) {
  const std::string file = testing::TempDir() + "/not_a_key.pem";
  std::ofstream(file) << "hello";
  settings_.mutable_device_token()->set_key_files(0, file);
  EXPECT_THAT(TokenOptionsFrom(settings_.device_token()).status().message(),
              HasSubstr("not_a_key.pem"));
}

TEST_F(RegistrySettingsTest, ReadsKeysInTheirOrder) {
  const std::string file = testing::TempDir() + "/registry_key.pem";
  std::ofstream(file) << crypto::P256PrivateKey::Generate().ToPem();
  settings_.mutable_device_token()->set_key_files(0, file);
  ASSERT_OK_AND_ASSIGN(const DeviceTokens::Options options,
                       TokenOptionsFrom(settings_.device_token()));
  EXPECT_EQ(options.keys.size(), 1u);
  EXPECT_EQ(options.lifetime, absl::Hours(1));
}

}  // namespace
}  // namespace u2fi::device_registry
