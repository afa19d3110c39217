#include "services/common/mqtt/link_file.h"

#include <sys/stat.h>

#include <cstdlib>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/file/file.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::mqtt {
namespace {

using nlohmann::json;

json Valid() {
  return {{"host", "192.0.2.1"},  {"port", 8883},   {"ca_file", "/ca.pem"},
          {"tenant", "t-1"},      {"site", "s-1"},  {"gateway", "g-1"},
          {"device", "camera-1"}, {"password", "p"}};
}

class LinkFileTest : public testing::Test {
 protected:
  LinkFileTest() {
    std::string folder = testing::TempDir() + "/link_XXXXXX";
    path_ = std::string(mkdtemp(folder.data())) + "/camera-1.json";
  }
  std::string path_;
};

TEST_F(LinkFileTest, ReadsWhatItWrites) {
  ASSERT_OK_AND_ASSIGN(DeviceLinkSettings settings,
                       ParseLinkFile(Valid().dump()));
  ASSERT_OK(WriteLinkFile(path_, settings));
  ASSERT_OK_AND_ASSIGN(std::string text, ReadFile(path_, 4096));
  EXPECT_EQ(json::parse(text), Valid());
}

TEST_F(LinkFileTest, OnlyItsOwnerReadsIt) {
  ASSERT_OK(WriteLinkFile(path_, *ParseLinkFile(Valid().dump())));
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(LinkFileTest, TheDeviceIsItsUserAndUsesTls) {
  const BrokerOptions options = BrokerOptionsOf(*ParseLinkFile(Valid().dump()));
  EXPECT_EQ(options.user, "camera-1");
  EXPECT_EQ(options.password, "p");
  EXPECT_FALSE(options.plaintext);
}

TEST_F(LinkFileTest, RefusesAMissingMember) {
  const json all = Valid();
  for (const auto& [name, value] : all.items()) {
    json object = Valid();
    object.erase(name);
    EXPECT_THAT(ParseLinkFile(object.dump()), HasReason(reason::kInvalidField))
        << name;
  }
}

TEST_F(LinkFileTest, RefusesAnotherType) {
  json object = Valid();
  object["port"] = "8883";
  EXPECT_FALSE(ParseLinkFile(object.dump()).ok());
}

TEST_F(LinkFileTest, RefusesADeviceThatIsNoId) {
  json object = Valid();
  object["device"] = "agent.g-1";
  EXPECT_FALSE(ParseLinkFile(object.dump()).ok());
}

TEST_F(LinkFileTest, RefusesABadBroker) {
  json object = Valid();
  object["port"] = 0;
  EXPECT_FALSE(ParseLinkFile(object.dump()).ok());
}

TEST_F(LinkFileTest, RefusesWhatIsNotJson) {
  EXPECT_FALSE(ParseLinkFile("").ok());
  EXPECT_FALSE(ParseLinkFile("[]").ok());
}

TEST_F(LinkFileTest, DoesNotWriteWhatItWouldNotRead) {
  EXPECT_FALSE(WriteLinkFile(path_, DeviceLinkSettings()).ok());
}

}  // namespace
}  // namespace u2fi::mqtt
