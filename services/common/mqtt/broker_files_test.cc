#include "services/common/mqtt/broker_files.h"

#include <sys/stat.h>

#include <cstdlib>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"
#include "services/common/crypto/pbkdf2.h"
#include "services/common/file/file.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::mqtt {
namespace {

using testing::HasSubstr;
using testing::Not;

class BrokerFilesTest : public testing::Test {
 protected:
  BrokerFilesTest() {
    std::string folder = testing::TempDir() + "/broker_XXXXXX";
    setup_.folder = mkdtemp(folder.data());
    setup_.tenant = "t-1";
    setup_.site = "s-1";
    setup_.gateway = "g-1";
    setup_.run_as = "root";
    setup_.certificate_file = "/etc/u2fi/broker.pem";
    setup_.key_file = "/etc/u2fi/broker.key";
  }
  std::string FaultyField() {
    const auto fields = FieldsOf(BrokerFiles::Open(setup_, random_).status());
    return fields.empty() ? "" : fields.begin()->first;
  }
  std::string Written(const std::string& name) {
    return ReadFile(setup_.folder + "/" + name, 1 << 20).value();
  }

  BrokerSetup setup_;
  FakeRandomSource random_;
};

TEST_F(BrokerFilesTest, TheConfigurationLetsNobodyInWithoutAPassword) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_OK(files.Write());
  const std::string config = Written("mosquitto.conf");
  EXPECT_THAT(config, HasSubstr("allow_anonymous false\n"));
  EXPECT_THAT(config, HasSubstr("set_tcp_nodelay true\n"));
  EXPECT_THAT(config, HasSubstr("password_file " + setup_.folder));
  EXPECT_THAT(config, HasSubstr("acl_file " + setup_.folder));
}

TEST_F(BrokerFilesTest, TheConfigurationTiesTheClientIdToTheUser) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_OK(files.Write());
  EXPECT_THAT(Written("mosquitto.conf"),
              HasSubstr("use_username_as_clientid true\n"));
}

TEST_F(BrokerFilesTest, TheConfigurationHasOneTlsListener) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_OK(files.Write());
  const std::string config = Written("mosquitto.conf");
  EXPECT_THAT(config, HasSubstr("listener 8883 127.0.0.1\n"));
  EXPECT_THAT(config, HasSubstr("certfile /etc/u2fi/broker.pem\n"));
}

TEST_F(BrokerFilesTest, OnlyTheAgentMayWriteToDevices) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_OK(files.Write());
  const std::string acl = Written("acl");
  EXPECT_THAT(acl, HasSubstr("user agent.g-1\n"
                             "topic write u2fi/t-1/s-1/g-1/+/down\n"));
  EXPECT_THAT(acl, HasSubstr("pattern read u2fi/t-1/s-1/g-1/%u/down\n"));
  EXPECT_THAT(acl, Not(HasSubstr("pattern write u2fi/t-1/s-1/g-1/%u/down")));
}

TEST_F(BrokerFilesTest, KeepsPasswordsHashedAndPrivate) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_OK_AND_ASSIGN(std::string password, files.SetPassword("camera-1"));
  EXPECT_EQ(password.size(), 43u);
  EXPECT_THAT(Written("passwords"), Not(HasSubstr(password)));
  struct stat info;
  ASSERT_EQ(stat((setup_.folder + "/passwords").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(BrokerFilesTest, HashesAsMosquittoDoes) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_OK_AND_ASSIGN(std::string password, files.SetPassword("camera-1"));
  const std::vector<std::string> parts =
      absl::StrSplit(Written("passwords"), absl::ByAnyChar("$\n"));
  ASSERT_EQ(parts.size(), 6u);
  EXPECT_EQ(parts[0] + parts[1] + parts[2], "camera-1:7101");
  std::string salt, hash;
  ASSERT_TRUE(absl::Base64Unescape(parts[3], &salt));
  ASSERT_TRUE(absl::Base64Unescape(parts[4], &hash));
  EXPECT_EQ(hash, crypto::Pbkdf2HmacSha512(password, salt, 101, 64));
}

TEST_F(BrokerFilesTest, GivesEachUserAnotherPassword) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_OK_AND_ASSIGN(std::string one, files.SetPassword("camera-1"));
  ASSERT_OK_AND_ASSIGN(std::string other, files.SetPassword("bulb-1"));
  EXPECT_NE(one, other);
}

TEST_F(BrokerFilesTest, KeepsTheUsersOfAnEarlierRun) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles first, BrokerFiles::Open(setup_, random_));
  ASSERT_TRUE(first.SetPassword("camera-1").ok());
  ASSERT_OK_AND_ASSIGN(BrokerFiles second, BrokerFiles::Open(setup_, random_));
  ASSERT_TRUE(second.SetPassword("bulb-1").ok());
  EXPECT_THAT(Written("passwords"), HasSubstr("camera-1:$7$"));
}

TEST_F(BrokerFilesTest, RemovesAUser) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  ASSERT_TRUE(files.SetPassword("camera-1").ok());
  ASSERT_OK(files.Remove("camera-1"));
  ASSERT_OK(files.Remove("camera-1"));
  EXPECT_EQ(Written("passwords"), "");
}

TEST_F(BrokerFilesTest, RefusesAUserThatWouldBreakTheFile) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  EXPECT_FALSE(files.SetPassword("a:b").ok());
  EXPECT_FALSE(files.SetPassword("a\nb").ok());
  EXPECT_FALSE(files.SetPassword("+").ok());
}

TEST_F(BrokerFilesTest, ReloadNeedsARunningBroker) {
  ASSERT_OK_AND_ASSIGN(BrokerFiles files, BrokerFiles::Open(setup_, random_));
  EXPECT_THAT(files.Reload(), HasReason(reason::kBrokerUnavailable));
}

TEST_F(BrokerFilesTest, RefusesToGoWithoutTlsBeyondThisMachine) {
  setup_.certificate_file.clear();
  setup_.key_file.clear();
  EXPECT_EQ(FaultyField(), "");
  setup_.address = "0.0.0.0";
  EXPECT_EQ(FaultyField(), "certificate_file");
}

TEST_F(BrokerFilesTest, RefusesACertificateWithoutAKey) {
  setup_.key_file.clear();
  EXPECT_EQ(FaultyField(), "key_file");
}

TEST_F(BrokerFilesTest, RefusesALineBreakInASetting) {
  setup_.address = "127.0.0.1\nallow_anonymous true";
  EXPECT_EQ(FaultyField(), "address");
}

TEST_F(BrokerFilesTest, RefusesARelativeFolder) {
  setup_.folder = "here";
  EXPECT_EQ(FaultyField(), "folder");
}

TEST_F(BrokerFilesTest, RefusesIdsThatAreNotCanonical) {
  setup_.site = "+";
  EXPECT_EQ(FaultyField(), "site");
}

TEST_F(BrokerFilesTest, RefusesAPortOutOfRange) {
  setup_.port = 0;
  EXPECT_EQ(FaultyField(), "port");
}

}  // namespace
}  // namespace u2fi::mqtt
