#include "services/gateway-agent/gate_addresses.h"

#include <set>

#include "gmock/gmock.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::gateway_agent {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// A resolver that knows one answer.
class GateAddressesTest : public testing::Test {
 protected:
  GateAddresses Of(const std::string& target) {
    return GateAddresses(
        target, random_,
        [this](const std::string& host, const std::string& port) {
          asked_.push_back(host + " " + port);
          return answer_;
        });
  }
  std::vector<std::string> AskedFor(const std::string& target) {
    asked_.clear();
    Of(target).Shuffled("");
    return asked_;
  }

  FakeRandomSource random_;
  absl::StatusOr<std::vector<std::string>> answer_ =
      std::vector<std::string>{"ipv4:192.0.2.1:7443"};
  std::vector<std::string> asked_;
};

TEST_F(GateAddressesTest, SplitsAList) {
  EXPECT_THAT(Of("ipv4:192.0.2.1:1,192.0.2.2:2").Shuffled(""),
              UnorderedElementsAre("ipv4:192.0.2.1:1", "ipv4:192.0.2.2:2"));
  EXPECT_THAT(
      Of("ipv6:[2001:db8::1]:1,[2001:db8::2]:2").Shuffled(""),
      UnorderedElementsAre("ipv6:[2001:db8::1]:1", "ipv6:[2001:db8::2]:2"));
}

TEST_F(GateAddressesTest, LooksANameUp) {
  EXPECT_THAT(Of("dns:///gate.example:7443").Shuffled(""),
              ElementsAre("ipv4:192.0.2.1:7443"));
}

TEST_F(GateAddressesTest, ReadsNamesAsGrpcDoes) {
  EXPECT_THAT(AskedFor("dns:///gate.example:7443"),
              ElementsAre("gate.example 7443"));
  EXPECT_THAT(AskedFor("dns:gate.example:1"), ElementsAre("gate.example 1"));
  EXPECT_THAT(AskedFor("gate.example:1"), ElementsAre("gate.example 1"));
  EXPECT_THAT(AskedFor("gate.example"), ElementsAre("gate.example https"));
  EXPECT_THAT(AskedFor("127.0.0.1:1"), ElementsAre("127.0.0.1 1"));
  EXPECT_THAT(AskedFor("[::1]:1"), ElementsAre("::1 1"));
  EXPECT_THAT(AskedFor("::1"), ElementsAre("::1 https"));
}

TEST_F(GateAddressesTest, LeavesOtherTargetsToGrpc) {
  for (const char* target :
       {"unix:/run/gate.sock", "unix:///run/gate.sock", "xds:///gate",
        "dns://192.0.2.53/gate.example:7443"}) {
    EXPECT_THAT(AskedFor(target), ElementsAre()) << target;
    EXPECT_THAT(Of(target).Shuffled(""), ElementsAre(target));
  }
}

TEST_F(GateAddressesTest, EveryAddressIsTheFirstAtTimes) {
  GateAddresses addresses = Of("ipv4:192.0.2.1:1,192.0.2.2:1,192.0.2.3:1");
  std::set<std::string> firsts;
  for (int i = 0; i < 100; ++i) firsts.insert(addresses.Shuffled("")[0]);
  EXPECT_EQ(firsts.size(), 3u);
}

TEST_F(GateAddressesTest, TheFormerOneIsTheLast) {
  GateAddresses addresses = Of("ipv4:192.0.2.1:1,192.0.2.2:1,192.0.2.3:1");
  for (int i = 0; i < 100; ++i) {
    const auto order = addresses.Shuffled("ipv4:192.0.2.2:1");
    ASSERT_EQ(order.size(), 3u);
    EXPECT_EQ(order[2], "ipv4:192.0.2.2:1");
  }
}

TEST_F(GateAddressesTest, WithoutTheResolverThoseOfTheLastTimeAreTried) {
  GateAddresses addresses = Of("gate.example:7443");
  addresses.Shuffled("");
  answer_ = absl::UnavailableError("no name server");
  EXPECT_THAT(addresses.Shuffled(""), ElementsAre("ipv4:192.0.2.1:7443"));
}

TEST_F(GateAddressesTest, ANameThatWasNeverFoundIsLeftToGrpc) {
  answer_ = absl::UnavailableError("no name server");
  EXPECT_THAT(Of("dns:///gate.example:7443").Shuffled(""),
              ElementsAre("dns:///gate.example:7443"));
}

TEST_F(GateAddressesTest, TheServerIsToldTheName) {
  EXPECT_EQ(Of("dns:///gate.example:7443").authority(), "gate.example:7443");
  EXPECT_EQ(Of("ipv4:192.0.2.1:1").authority(), "");
}

TEST(LookUpHostTest, KnowsNumbers) {
  EXPECT_THAT(LookUpHost("127.0.0.1", "7443"),
              IsOkAndHolds(ElementsAre("ipv4:127.0.0.1:7443")));
  EXPECT_THAT(LookUpHost("::1", "7443"),
              IsOkAndHolds(ElementsAre("ipv6:[::1]:7443")));
}

TEST(LookUpHostTest, SaysWhenANameIsNone) {
  EXPECT_THAT(LookUpHost("not a name", "7443"),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace u2fi::gateway_agent
