#include "tools/device-emulator/appliance.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::device {
namespace {

using testing::Contains;
using testing::Not;

constexpr char kPayment[] =
    R"({"amount_cents":1250,"currency":"EUR","payee":"Cafe"})";

Appliance Make(const std::string& model) {
  return Appliance::Create(model).value();
}

TEST(ApplianceTest, ACameraIsSwitchedOn) {
  EXPECT_THAT(Make("camera").Execute("camera.on", "{}"),
              IsOkAndHolds(std::string(R"({"power":"on"})")));
}

TEST(ApplianceTest, ACameraTakesPicturesOnlyWhileOn) {
  Appliance camera = Make("camera");
  EXPECT_THAT(camera.Execute("camera.snapshot", ""),
              HasReason(reason::kDeviceState));
  ASSERT_TRUE(camera.Execute("camera.on", "").ok());
  EXPECT_THAT(camera.Execute("camera.snapshot", ""),
              IsOkAndHolds(std::string(R"({"pictures":1})")));
}

TEST(ApplianceTest, ABulbIsDimmed) {
  EXPECT_THAT(Make("bulb").Execute("bulb.set", R"({"brightness":40})"),
              IsOkAndHolds(std::string(R"({"brightness":40})")));
}

TEST(ApplianceTest, ALockUnlocks) {
  EXPECT_THAT(Make("lock").Execute("lock.unlock", "{}"),
              IsOkAndHolds(std::string(R"({"bolt":"unlocked"})")));
}

TEST(ApplianceTest, ATerminalPays) {
  EXPECT_THAT(
      Make("terminal").Execute("pay", kPayment),
      IsOkAndHolds(std::string(R"({"amount_cents":1250,"payee":"Cafe"})")));
}

TEST(ApplianceTest, EveryModelCanBeIdentifiedAndSetUp) {
  for (const std::string& model : Appliance::Models()) {
    EXPECT_OK(Make(model).Check("device.identify", ""));
    EXPECT_OK(Make(model).Check("settings.set", R"({"name":"a","value":""})"));
    EXPECT_OK(Make(model).Check("firmware.update", R"({"version":"2"})"));
  }
}

TEST(ApplianceTest, RefusesAnotherModelsOperation) {
  EXPECT_THAT(Make("bulb").Check("camera.on", "{}"),
              HasReason(reason::kOperationUnknown));
  EXPECT_THAT(Make("bulb").operations(), Not(Contains("camera.on")));
}

TEST(ApplianceTest, RefusesAModelThatDoesNotExist) {
  EXPECT_FALSE(Appliance::Create("toaster").ok());
}

TEST(ApplianceTest, RefusesWhatIsNotJson) {
  EXPECT_THAT(Make("camera").Check("camera.on", "{"),
              HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesWhatIsNoObject) {
  EXPECT_THAT(Make("camera").Check("camera.on", "[]"),
              HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesAnUnknownArgument) {
  EXPECT_THAT(Make("camera").Check("camera.on", R"({"x":1})"),
              HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesAMissingArgument) {
  EXPECT_THAT(Make("bulb").Check("bulb.set", "{}"),
              HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesANumberOutOfBounds) {
  EXPECT_OK(Make("bulb").Check("bulb.set", R"({"brightness":100})"));
  EXPECT_THAT(Make("bulb").Check("bulb.set", R"({"brightness":101})"),
              HasReason(reason::kArgumentsFormat));
  EXPECT_THAT(Make("bulb").Check("bulb.set", R"({"brightness":-1})"),
              HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesANumberBeyondTheSignedRange) {
  EXPECT_THAT(
      Make("bulb").Check("bulb.set", R"({"brightness":18446744073709551615})"),
      HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesAnotherType) {
  EXPECT_THAT(Make("bulb").Check("bulb.set", R"({"brightness":"40"})"),
              HasReason(reason::kArgumentsFormat));
  EXPECT_THAT(Make("bulb").Check("bulb.set", R"({"brightness":40.5})"),
              HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesAnArgumentThatComesTwice) {
  EXPECT_THAT(
      Make("bulb").Check("bulb.set", R"({"brightness":1,"brightness":100})"),
      HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, RefusesNestedArguments) {
  EXPECT_THAT(Make("bulb").Check("bulb.set", R"({"brightness":{"a":[1]}})"),
              HasReason(reason::kArgumentsFormat));
}

TEST(ApplianceTest, TheAnswerIsShortAsciiWhateverWasAsked) {
  const std::string text(60, '\x01');
  const std::string arguments =
      nlohmann::json{{"name", "ü"}, {"value", text}}.dump();
  ASSERT_OK_AND_ASSIGN(std::string answer,
                       Make("bulb").Execute("settings.set", arguments));
  EXPECT_LE(answer.size(), 1000u);
  for (unsigned char c : answer) EXPECT_TRUE(c >= 0x20 && c < 0x7f);
}

}  // namespace
}  // namespace u2fi::device
