#include "tools/device-emulator/kit_endpoint.h"

#include <string>

#include "gmock/gmock.h"
#include "services/common/status/status_matchers.h"
#include "tools/device-emulator/device_test_fixture.h"

namespace u2fi::device {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class KitEndpointTest : public DeviceTest {
 protected:
  // The device as it stands now, behind an endpoint.
  KitEndpoint& Endpoint() {
    endpoint_ = std::make_unique<KitEndpoint>(std::move(device_));
    SwitchOn();
    return *endpoint_;
  }
  static v1::FromDevice Read(const std::string& payload) {
    v1::FromDevice message;
    EXPECT_TRUE(message.ParseFromString(payload));
    return message;
  }

  std::unique_ptr<KitEndpoint> endpoint_;
};

TEST_F(KitEndpointTest, SaysWhoItIsFirst) {
  const auto payloads = Endpoint().Connected();
  ASSERT_THAT(payloads, SizeIs(1));
  EXPECT_EQ(Read(payloads[0]).hello().model(), "lock");
}

TEST_F(KitEndpointTest, AnswersInMessagesOfDeviceProto) {
  const auto payloads = Endpoint().Receive(agent_.Stage());
  ASSERT_THAT(payloads, SizeIs(1));
  EXPECT_EQ(Read(payloads[0]).pins().state(), v1::BINDING_STATE_STAGED);
}

TEST_F(KitEndpointTest, RefusesWhatItCannotRead) {
  const auto payloads = Endpoint().Receive("\xff");
  ASSERT_THAT(payloads, SizeIs(1));
  EXPECT_EQ(Read(payloads[0]).refused().reason(), "MESSAGE_FORMAT");
}

TEST_F(KitEndpointTest, TheResetButtonMakesItBlank) {
  Bind();
  KitEndpoint& endpoint = Endpoint();
  ASSERT_OK(endpoint.Control({"reset"}));
  EXPECT_THAT(endpoint.Describe(), HasSubstr("blank"));
}

TEST_F(KitEndpointTest, RenewsNothingWithoutAToken) {
  EXPECT_THAT(Endpoint().Control({"renew"}), IsOkAndHolds(IsEmpty()));
}

TEST_F(KitEndpointTest, TellsAnEvent) {
  ASSERT_OK_AND_ASSIGN(
      const auto payloads,
      Endpoint().Control({"event", "door.opened", R"({"by":"hand"})"}));
  ASSERT_THAT(payloads, SizeIs(1));
  EXPECT_EQ(Read(payloads[0]).event().name(), "door.opened");
  EXPECT_EQ(Read(payloads[0]).event().arguments(), R"({"by":"hand"})");
}

TEST_F(KitEndpointTest, AnEventNeedsNoArguments) {
  EXPECT_THAT(Endpoint().Control({"event", "door.opened"}),
              IsOkAndHolds(SizeIs(1)));
}

TEST_F(KitEndpointTest, RefusesAnEventWithABadName) {
  EXPECT_THAT(Endpoint().Control({"event", "Door"}),
              HasReason(reason::kInvalidField));
}

TEST_F(KitEndpointTest, RefusesAnEventWhoseArgumentsAreNoJson) {
  EXPECT_THAT(Endpoint().Control({"event", "door.opened", "{"}),
              HasReason(reason::kInvalidField));
}

TEST_F(KitEndpointTest, RefusesAnEventThatIsTooLong) {
  EXPECT_THAT(Endpoint().Control(
                  {"event", "door.opened", '"' + std::string(2048, 'x') + '"'}),
              HasReason(reason::kInvalidField));
}

TEST_F(KitEndpointTest, RefusesAnythingElse) {
  KitEndpoint& endpoint = Endpoint();
  EXPECT_THAT(endpoint.Control({"explode"}), HasReason(reason::kInvalidField));
  EXPECT_THAT(endpoint.Control({"reset", "now"}),
              HasReason(reason::kInvalidField));
  EXPECT_THAT(endpoint.Control({"event"}), HasReason(reason::kInvalidField));
}

TEST_F(KitEndpointTest, DescribesWhomItObeys) {
  EXPECT_THAT(Endpoint().Describe(), HasSubstr("blank"));
  device_->Handle(agent_.Stage());
  EXPECT_THAT(Endpoint().Describe(), HasSubstr("staged by tx-1"));
  Bind();
  EXPECT_THAT(Endpoint().Describe(), HasSubstr("obeys alice by revision 1"));
}

}  // namespace
}  // namespace u2fi::device
