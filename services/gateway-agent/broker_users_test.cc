#include "services/gateway-agent/broker_users.h"

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/common/file/file.h"
#include "services/common/mqtt/password_file.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

class BrokerUsersTest : public testing::Test {
 protected:
  BrokerUsersTest() {
    std::string folder = testing::TempDir() + "/users_XXXXXX";
    folder_ = mkdtemp(folder.data());
    options_.password_file = folder_ + "/passwords";
    options_.link_folder = folder_ + "/links";
    options_.link.host = "broker";
    options_.link.port = 8883;
    options_.link.ca_file = "/ca.pem";
    options_.link.tenant = "t1";
    options_.link.site = "s1";
    options_.link.gateway = "g1";
  }
  absl::Status Ensure(const std::string& device) {
    return BrokerUsers(options_, random_, SystemClock()).Ensure(device);
  }
  std::string Link(const std::string& device) const {
    return ReadFile(absl::StrCat(folder_, "/links/", device, ".json"), 4096)
        .value_or("");
  }
  bool IsUser(const std::string& device) {
    return mqtt::PasswordFile::Open(options_.password_file, random_)
        ->Has(device);
  }
  void MakeHook(const std::string& text) {
    options_.reload_hook = folder_ + "/hook";
    ASSERT_OK(WriteFileDurably(options_.reload_hook,
                               absl::StrCat("#!/bin/sh\n", text), 0700));
  }

  std::string folder_;
  BrokerUsers::Options options_;
  FakeRandomSource random_;
};

TEST_F(BrokerUsersTest, ADeviceGetsAUserAndALinkFile) {
  ASSERT_OK(Ensure("cam-1"));
  EXPECT_TRUE(IsUser("cam-1"));
  ASSERT_OK_AND_ASSIGN(const auto link, mqtt::ParseLinkFile(Link("cam-1")));
  EXPECT_EQ(link.device, "cam-1");
  EXPECT_EQ(link.host, "broker");
  EXPECT_EQ(link.password.size(), 43u);
}

TEST_F(BrokerUsersTest, EachHasItsOwnPassword) {
  ASSERT_OK(Ensure("cam-1"));
  ASSERT_OK(Ensure("cam-2"));
  EXPECT_NE(mqtt::ParseLinkFile(Link("cam-1"))->password,
            mqtt::ParseLinkFile(Link("cam-2"))->password);
}

TEST_F(BrokerUsersTest, ADeviceThatIsAUserKeepsItsPassword) {
  ASSERT_OK(Ensure("cam-1"));
  const std::string link = Link("cam-1");
  ASSERT_OK(Ensure("cam-1"));
  EXPECT_EQ(Link("cam-1"), link);
}

TEST_F(BrokerUsersTest, AfterACrashBetweenTheFilesBothAreMadeAgain) {
  ASSERT_OK(Ensure("cam-1"));
  const std::string link = Link("cam-1");
  ASSERT_EQ(remove(options_.password_file.c_str()), 0);
  ASSERT_OK(Ensure("cam-1"));
  EXPECT_TRUE(IsUser("cam-1"));
  EXPECT_NE(Link("cam-1"), link);
}

TEST_F(BrokerUsersTest, TheBrokerIsToldOncePerUser) {
  MakeHook(absl::StrCat("echo x >>", folder_, "/told"));
  ASSERT_OK(Ensure("cam-1"));
  ASSERT_OK(Ensure("cam-1"));
  EXPECT_EQ(ReadFile(folder_ + "/told", 100).value(), "x\n");
}

TEST_F(BrokerUsersTest, AHookThatFailsIsSaid) {
  MakeHook("exit 1");
  EXPECT_FALSE(Ensure("cam-1").ok());
}

TEST_F(BrokerUsersTest, ADeviceThatIsNoIdIsRefused) {
  EXPECT_THAT(Ensure("../x"), HasReason(reason::kInvalidField));
}

TEST_F(BrokerUsersTest, WithoutALinkFileThereIsNoUser) {
  options_.link.ca_file.clear();
  EXPECT_FALSE(Ensure("cam-1").ok());
  EXPECT_FALSE(IsUser("cam-1"));
}

}  // namespace
}  // namespace u2fi::gateway_agent
