#include "services/common/mqtt/broker_options.h"

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::mqtt {
namespace {

BrokerOptions Valid() {
  BrokerOptions options;
  options.host = "broker.example";
  options.ca_file = "/etc/ca.pem";
  options.user = "camera-1";
  options.password = "p";
  return options;
}

std::string FaultyField(const BrokerOptions& options) {
  const auto fields = FieldsOf(CheckBrokerOptions(options));
  return fields.empty() ? "" : fields.begin()->first;
}

TEST(BrokerOptionsTest, AcceptsTlsWithUserAndPassword) {
  EXPECT_OK(CheckBrokerOptions(Valid()));
}

TEST(BrokerOptionsTest, RefusesAMissingHost) {
  BrokerOptions options = Valid();
  options.host.clear();
  EXPECT_EQ(FaultyField(options), "host");
}

TEST(BrokerOptionsTest, RefusesAUriAsHost) {
  BrokerOptions options = Valid();
  options.host = "tcp://broker.example";
  EXPECT_EQ(FaultyField(options), "host");
}

TEST(BrokerOptionsTest, RefusesAPortOutOfRange) {
  BrokerOptions options = Valid();
  options.port = 65536;
  EXPECT_EQ(FaultyField(options), "port");
}

TEST(BrokerOptionsTest, RefusesTlsWithoutAnAuthority) {
  BrokerOptions options = Valid();
  options.ca_file.clear();
  EXPECT_EQ(FaultyField(options), "ca_file");
}

TEST(BrokerOptionsTest, AllowsPlaintextToThisMachineOnly) {
  BrokerOptions options = Valid();
  options.plaintext = true;
  EXPECT_EQ(FaultyField(options), "plaintext");
  options.host = "127.0.0.1";
  EXPECT_OK(CheckBrokerOptions(options));
  options.host = "127.evil.example";
  EXPECT_EQ(FaultyField(options), "plaintext");
}

TEST(BrokerOptionsTest, RefusesAnAnonymousClient) {
  BrokerOptions options = Valid();
  options.user.clear();
  EXPECT_EQ(FaultyField(options), "user");
}

TEST(BrokerOptionsTest, RefusesAnEmptyPassword) {
  BrokerOptions options = Valid();
  options.password.clear();
  EXPECT_EQ(FaultyField(options), "password");
}

TEST(BrokerOptionsTest, RefusesToWaitForEver) {
  BrokerOptions options = Valid();
  options.publish_timeout = absl::InfiniteDuration();
  EXPECT_EQ(FaultyField(options), "publish_timeout");
}

TEST(BrokerOptionsTest, RefusesABaseAboveTheCap) {
  BrokerOptions options = Valid();
  options.reconnect_base = options.reconnect_cap + absl::Seconds(1);
  EXPECT_EQ(FaultyField(options), "reconnect_base");
}

TEST(BrokerOptionsTest, HoldsAtLeastABatch) {
  BrokerOptions options = Valid();
  options.max_unfinished = 999;
  EXPECT_EQ(FaultyField(options), "max_unfinished");
}

TEST(BrokerOptionsTest, ChecksTheWill) {
  BrokerOptions options = Valid();
  options.will = Message{};
  EXPECT_EQ(FaultyField(options), "topic");
}

}  // namespace
}  // namespace u2fi::mqtt
