#include "tools/device-emulator/plain_endpoint.h"

#include <string>

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "tools/device-emulator/fake_console.h"
#include "tools/device-emulator/fake_device_storage.h"

namespace u2fi::device {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class PlainEndpointTest : public testing::Test {
 protected:
  PlainEndpointTest()
      : endpoint_("cam-1", Appliance::Create("camera").value(), storage_,
                  console_, [this] { ++acts_; }) {}

  // Ignored, and nothing was done.
  void ExpectIgnored(const std::string& payload) {
    EXPECT_THAT(endpoint_.Receive(payload), IsEmpty());
    EXPECT_THAT(console_.lines(), ElementsAre("cam-1: ignored: not a command"));
    EXPECT_EQ(acts_, 0);
  }

  FakeDeviceStorage storage_;
  FakeConsole console_;
  int acts_ = 0;
  PlainEndpoint endpoint_;
};

constexpr char kOn[] =
    R"({"command":"c1","operation":"camera.on","arguments":{}})";

TEST_F(PlainEndpointTest, DoesWhatItIsTold) {
  EXPECT_THAT(endpoint_.Receive(kOn),
              ElementsAre(HasSubstr(R"("outcome":"SUCCEEDED)")));
  EXPECT_EQ(acts_, 1);
}

TEST_F(PlainEndpointTest, NamesTheCommandInItsAnswer) {
  EXPECT_THAT(endpoint_.Receive(kOn),
              ElementsAre(HasSubstr(R"("command":"c1")")));
}

TEST_F(PlainEndpointTest, DoesItAgainAsOftenAsItComes) {
  endpoint_.Receive(kOn);
  endpoint_.Receive(kOn);
  EXPECT_EQ(acts_, 2);
}

TEST_F(PlainEndpointTest, SaysThatNobodyProvedAnything) {
  endpoint_.Receive(kOn);
  EXPECT_THAT(console_.lines(), ElementsAre(HasSubstr("unverified")));
}

TEST_F(PlainEndpointTest, WritesDownWhenItBeginsAndWhenItIsDone) {
  endpoint_.Receive(kOn);
  EXPECT_THAT(storage_.TakeWrites(), ElementsAre("BEGIN", "END"));
}

TEST_F(PlainEndpointTest, ActsAlsoIfItsDiskIsBroken) {
  storage_.Break("BEGIN");
  endpoint_.Receive(kOn);
  EXPECT_EQ(acts_, 1);
}

TEST_F(PlainEndpointTest, RefusesAnOperationThatItDoesNotHave) {
  EXPECT_THAT(
      endpoint_.Receive(
          R"({"command":"c1","operation":"lock.unlock","arguments":{}})"),
      ElementsAre(HasSubstr("REFUSED OPERATION_UNKNOWN")));
  EXPECT_EQ(acts_, 0);
}

TEST_F(PlainEndpointTest, RefusesArgumentsThatTheOperationDoesNotHave) {
  EXPECT_THAT(
      endpoint_.Receive(
          R"({"command":"c1","operation":"camera.on","arguments":{"x":1}})"),
      ElementsAre(HasSubstr("REFUSED ARGUMENTS_FORMAT")));
  EXPECT_EQ(acts_, 0);
}

TEST_F(PlainEndpointTest, TellsThatSomethingCouldNotBeDone) {
  EXPECT_THAT(
      endpoint_.Receive(
          R"({"command":"c1","operation":"camera.snapshot","arguments":{}})"),
      ElementsAre(HasSubstr("DEVICE_STATE")));
}

TEST_F(PlainEndpointTest, IgnoresWhatIsNoJson) { ExpectIgnored("camera.on"); }

TEST_F(PlainEndpointTest, IgnoresWhatIsNoObject) { ExpectIgnored("[]"); }

TEST_F(PlainEndpointTest, IgnoresARequestWithoutCommand) {
  ExpectIgnored(R"({"operation":"camera.on","arguments":{}})");
}

TEST_F(PlainEndpointTest, IgnoresACommandThatIsNoText) {
  ExpectIgnored(R"({"command":1,"operation":"camera.on","arguments":{}})");
}

TEST_F(PlainEndpointTest, IgnoresARequestWithoutOperation) {
  ExpectIgnored(R"({"command":"c1","arguments":{}})");
}

TEST_F(PlainEndpointTest, IgnoresArgumentsThatAreNoObject) {
  ExpectIgnored(R"({"command":"c1","operation":"camera.on","arguments":"{}"})");
}

TEST_F(PlainEndpointTest, IgnoresNamesThatWouldBreakALineOfTheJournal) {
  ExpectIgnored(
      R"({"command":"c1\nBEGIN","operation":"camera.on","arguments":{}})");
}

TEST_F(PlainEndpointTest, IgnoresWhatIsTooLong) {
  ExpectIgnored(
      R"({"command":"c1","operation":"camera.on","arguments":{"x":")" +
      std::string(8192, 'x') + R"("}})");
}

TEST_F(PlainEndpointTest, HasNoButton) {
  EXPECT_THAT(endpoint_.Control({"reset"}), HasReason(reason::kInvalidField));
}

TEST_F(PlainEndpointTest, SaysNothingByItself) {
  EXPECT_THAT(endpoint_.Connected(), IsEmpty());
  EXPECT_THAT(endpoint_.Tick(), IsEmpty());
}

}  // namespace
}  // namespace u2fi::device
