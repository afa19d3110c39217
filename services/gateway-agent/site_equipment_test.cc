#include "services/gateway-agent/site_equipment.h"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

class SiteEquipmentTest : public testing::Test {
 protected:
  SiteEquipmentTest() {
    std::string folder = testing::TempDir() + "/site_XXXXXX";
    folder_ = mkdtemp(folder.data());
    config_.set_tenant("t1");
    config_.set_site("s1");
    config_.set_gateway("g1");
    config_.set_state_dir(folder_);
    config_.mutable_devices()->set_broker("mqtts://localhost:8883");
    config_.mutable_devices()->set_ca_file("/ca.pem");
  }
  std::unique_ptr<SiteEquipment> Make() {
    auto made = SiteEquipment::Make(config_);
    EXPECT_OK(made);
    return *std::move(made);
  }

  std::string folder_;
  config::v1::GatewayAgentConfig config_;
};

TEST_F(SiteEquipmentTest, WithoutAWordThereIsNothing) {
  const auto site = Make();
  EXPECT_TRUE(site->tokens().Ports().empty());
  EXPECT_EQ(site->credentials(), nullptr);
  site->cue().On({});
}

TEST_F(SiteEquipmentTest, SoftTokensAreWhereTheirSocketsAre) {
  ASSERT_OK(WriteFileDurably(folder_ + "/key", "", 0600));
  config_.mutable_tokens()->add_soft_tokens(folder_ + "/key");
  EXPECT_EQ(Make()->tokens().Ports(),
            std::vector<std::string>{folder_ + "/key"});
}

TEST_F(SiteEquipmentTest, UsbKeysAreWatched) {
  config_.mutable_tokens()->set_hidraw(true);
  const auto site = Make();
  site->tokens().Ports();
}

TEST_F(SiteEquipmentTest, TheHookIsTold) {
  ASSERT_OK(WriteFileDurably(
      folder_ + "/hook", "#!/bin/sh\necho $U2FI_EVENT >" + folder_ + "/told",
      0700));
  config_.mutable_cue()->set_hook(folder_ + "/hook");
  const auto site = Make();
  site->cue().On({});
  while (ReadFile(folder_ + "/told", 100).value_or("").empty()) {
  }
  EXPECT_EQ(ReadFile(folder_ + "/told", 100).value(), "on\n");
}

TEST_F(SiteEquipmentTest, DevicesGetTheirUsersAndLinkFiles) {
  config_.mutable_devices()->set_broker_password_file(folder_ + "/passwords");
  const auto site = Make();
  ASSERT_NE(site->credentials(), nullptr);
  ASSERT_OK(site->credentials()->Ensure("cam-1"));
  EXPECT_OK(ReadFile(folder_ + "/links/cam-1.json", 4096));
  EXPECT_OK(ReadFile(folder_ + "/passwords", 4096));
}

}  // namespace
}  // namespace u2fi::gateway_agent
